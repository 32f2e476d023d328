// Claims-based security at Service Bus: a token is shown at the node `$cbs` for each entity before links attach to it (Microsoft, "AMQP
// 1.0 in Azure Service Bus and Event Hubs protocol guide", "Claims-based authorization"). With each attach it is shown again: when it ends
// the links go, and the next attach says why it is refused.

import type { Message } from '../amqp/index.ts'
import type { Declaration, DeclaredNode, ManagementForm, NodeForm, NodeUse } from './profile.ts'
import { requestForm, SERVICE_BUS_NODES } from './service-bus-profile.ts'

/** JSON web tokens are `jwt` in Microsoft's clients (azure-sdk-for-net, CbsConstants), whatever the guide once planned. */
const typeOf = (token: string): string =>
  token.startsWith('SharedAccessSignature ') ? 'servicebus.windows.net:sastoken' : 'jwt'

/** The nodes of Service Bus, for who shows this token. It is in no error. */
export function serviceBusTokenNodes(token: string): NodeForm {
  const shown = (address: string): readonly Declaration[] => [
    { method: 'put-token', path: address, body: { type: typeOf(token), name: address, value: token } },
  ]
  const behind = (node: DeclaredNode): DeclaredNode => ({ ...node, declarations: shown(node.address) })
  return Object.freeze({
    management: withoutSecret(requestForm('$cbs'), token),
    target: (address: string, use: NodeUse) => behind(SERVICE_BUS_NODES.target(address, use)),
    source: (address: string, use: NodeUse, id: string) => behind(SERVICE_BUS_NODES.source(address, use, id)),
    reply: shown,
  })
}

/** Whatever the peer repeats in its answer. */
function withoutSecret(form: ManagementForm, token: string): ManagementForm {
  return {
    ...form,
    answer: (message: Message) => {
      const { status, why } = form.answer(message)
      return { status, why: why?.replaceAll(token, '***') }
    },
  }
}

// A kind of peer as options describe it: for one that nobody has written a profile for, or that is set up in a way of its own.

import { OptionError } from '../support/options.ts'
import type { AmqpOptions } from './options.ts'
import type { NodeForm, PeerTraits, Profile, ReplyForm } from './profile.ts'
import { namedProfile } from './profiles.ts'
import { type ReplyAddressPolicy, replyAddressPolicy } from './reply-address.ts'
import { SERVICE_BUS_PROFILE } from './service-bus-profile.ts'
import { serviceBusTokenNodes } from './service-bus-token.ts'

/** What options say of the peer, before it has said a word. */
export interface DescribedProfile {
  /** The kind that they name. */
  readonly named: Profile | undefined
  /** What holds whichever kind it is. */
  readonly traits: Partial<PeerTraits>
}

/** Throws OptionError where one option needs another one, or bars it. */
export function describedProfile(options: AmqpOptions): DescribedProfile {
  const { profile, queueCapabilities, topicCapabilities } = options
  const named = profile === undefined ? undefined : namedProfile(profile)
  const replies = describedReplies(options, named?.replies)
  const nodes = tokenNodes(options, named)
  const capabilities =
    queueCapabilities.length + topicCapabilities.length > 0
      ? { request: queueCapabilities, notification: queueCapabilities, broadcast: topicCapabilities }
      : undefined
  return {
    named,
    traits: {
      ...(replies ? { replies } : {}),
      ...(capabilities ? { capabilities } : {}),
      ...(nodes ? { nodes } : {}),
    },
  }
}

/** The nodes of the kind that is named, for who shows a token for each of them. */
function tokenNodes({ cbsToken }: AmqpOptions, named: Profile | undefined): NodeForm | undefined {
  if (cbsToken === undefined) return undefined
  if (named !== SERVICE_BUS_PROFILE)
    throw invalid('cbs_token', `it is for Service Bus alone: say profile=${SERVICE_BUS_PROFILE.name} too`)
  return serviceBusTokenNodes(cbsToken)
}

/** Stands in an address for a text that is one of a kind. */
const ID = '{id}'

function describedReplies(options: AmqpOptions, known: ReplyForm | undefined): ReplyForm | undefined {
  const { replyAddress, replyToAddress = replyAddress, replyCapabilities } = options
  const mayReplyTo = replyAddressPolicy(options)
  const named = replyAddress !== undefined && replyToAddress === replyAddress && !replyAddress.includes(ID)
  if (known?.at && named && replyCapabilities.length === 0) return known.at(replyAddress)
  if (replyAddress === undefined) {
    if (replyToAddress !== undefined)
      throw invalid('reply_to_address', 'it says where replies to reply_address are sent, and there is none')
    if (replyCapabilities.length === 0) return undefined
    const source = { dynamic: true as const, capabilities: replyCapabilities }
    return { source: () => source, replyTo: () => undefined, mayReplyTo }
  }
  if (replyCapabilities.length > 0)
    throw invalid('reply_capabilities', 'they are for addresses that the peer gives, and reply_address says our own')
  if (replyToAddress?.includes(ID) !== replyAddress.includes(ID))
    throw invalid('reply_to_address', `expected ${ID} in it exactly where reply_address has it`)
  const written = (address: string, id: string): string => address.replaceAll(ID, id)
  const ours = [replyAddress, replyToAddress as string].map(formOf)
  return {
    source: (id) => ({ address: written(replyAddress, id) }),
    replyTo: (id) => written(replyToAddress as string, id),
    outlives: true,
    mayReplyTo: (address) => ours.some((form) => form(address)) || mayReplyTo(address),
  }
}

/** Whether an address is one of that form: the ids of other clients are as ours. */
function formOf(address: string): ReplyAddressPolicy {
  const parts = address.split(ID).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const form = new RegExp(`^${parts.join('[\\w-]{1,100}')}$`)
  return (other) => form.test(other)
}

const invalid = (option: string, why: string): OptionError =>
  new OptionError(
    'OPTION_INVALID',
    'oslo_messaging_amqp',
    option,
    `option "${option}" in group [oslo_messaging_amqp]: ${why}`,
  )

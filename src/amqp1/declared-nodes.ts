// The nodes that a peer wants declared before links attach to them, over one connection: by requests to its management node, or by links
// that attach and go.

import { randomUUID } from 'node:crypto'
import { type ConnectionSessions, isRefusal } from './connection-sessions.ts'
import { ManagementNode } from './management-node.ts'
import type { Declaration, NodeForm, NodeUse, PassingLink } from './profile.ts'

export class DeclaredNodes {
  readonly #form: NodeForm
  readonly #sessions: ConnectionSessions
  readonly #management: ManagementNode | undefined

  constructor(form: NodeForm, sessions: ConnectionSessions) {
    this.#form = form
    this.#sessions = sessions
    this.#management = form.management && new ManagementNode(form.management, sessions)
  }

  /** What a subscription to that address attaches to, once it is there. As of NodeForm. Rejects with LinkError. */
  async source(...subscriber: Parameters<NodeForm['source']>): Promise<string> {
    const source = this.#form.source(...subscriber)
    await this.declare(source.declarations)
    return source.address
  }

  /** Resolves when messages can be sent to that address. Rejects with LinkError. */
  async target(address: string, use: NodeUse): Promise<void> {
    await this.declare(this.#form.target(address, use))
  }

  /** Resolves when they are there. Rejects with LinkError. */
  async declare(declarations: readonly Declaration[]): Promise<void> {
    for (const declaration of declarations) {
      if ('method' in declaration) await this.#management?.request(declaration)
      else await this.#pass(declaration)
    }
  }

  /** Whoever may not make it may still use what is there: a refusal is for the link that needs the node to hear. */
  async #pass({ address, capabilities }: PassingLink): Promise<void> {
    const lease = await this.#sessions.forSender()
    try {
      const sender = await lease.session.attachSender({
        name: `openstack.org/om/declaration/[${address}]/${randomUUID().replaceAll('-', '')}`,
        source: { address },
        target: { address, capabilities },
      })
      await sender.detach()
    } catch (error) {
      if (!isRefusal(error)) throw error
    } finally {
      lease.release()
    }
  }
}

// The nodes that a peer wants declared before links attach to them, over one connection: by requests to its management node, or by links
// that attach and go.

import { randomUUID } from 'node:crypto'
import type { LinkError } from '../amqp/index.ts'
import { type ConnectionSessions, isRefusal } from './connection-sessions.ts'
import { ManagementNode } from './management-node.ts'
import type { Declaration, NodeForm, NodeUse, PassingLink } from './profile.ts'

/** Attaches to the node of that address. */
type AttachTo<L> = (address: string) => Promise<L>

export class DeclaredNodes {
  readonly #form: NodeForm
  readonly #sessions: ConnectionSessions
  readonly #management: ManagementNode | undefined

  constructor(form: NodeForm, sessions: ConnectionSessions) {
    this.#form = form
    this.#sessions = sessions
    this.#management = form.management && new ManagementNode(form.management, sessions)
  }

  /** Attaches a subscription, once what that address needs is there. `id`: of the subscriber. Rejects with LinkError. */
  async source<L>(address: string, use: NodeUse, id: string, attachTo: AttachTo<L>): Promise<L> {
    const source = this.#form.source(address, use, id)
    return await this.behind(source.declarations, () => attachTo(source.address))
  }

  /** Attaches a sender, once messages can be sent to that address. As above. */
  async target<L>(address: string, use: NodeUse, attachTo: AttachTo<L>): Promise<L> {
    const target = this.#form.target(address, use)
    return await this.behind(target.declarations, () => attachTo(target.address))
  }

  /** Attaches a link for replies, in either direction. As above. */
  async reply<L>(address: string, attachTo: AttachTo<L>): Promise<L> {
    return await this.behind(this.#form.reply?.(address) ?? [], () => attachTo(address))
  }

  /**
   * Attaches a link that needs them. What we may not declare the operator may have: only where the link is refused as well is that the
   * reason. Rejects with LinkError.
   */
  async behind<L>(declarations: readonly Declaration[], attach: () => Promise<L>): Promise<L> {
    const forbidden = await this.declare(declarations)
    try {
      return await attach()
    } catch (error) {
      throw (isRefusal(error) && forbidden) || error
    }
  }

  /** Resolves when they are there, or, with why, when we may not declare them. Rejects with LinkError. */
  async declare(declarations: readonly Declaration[]): Promise<LinkError | undefined> {
    let forbidden: LinkError | undefined
    for (const declaration of declarations) {
      if ('method' in declaration) {
        // What comes after one that we may not make we may have to make all the same: a binding of a queue that is there.
        const refusal = await this.#management?.request(declaration)
        forbidden ??= refusal
      } else await this.#pass(declaration)
    }
    return forbidden
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

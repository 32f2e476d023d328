// The nodes that a peer wants declared before links attach to them, over one connection: by requests to its node `/management` and their
// answers, on a pair of links that is attached with the first one (RabbitMQ's documentation, "AMQP 1.0", "Management"), or by links that
// attach and go.

import { randomUUID } from 'node:crypto'
import { type AmqpValue, attachLinkPair, type Delivery, LinkError, type LinkPair, printable } from '../amqp/index.ts'
import { startDeadline } from '../support/deadline.ts'
import { type ConnectionSessions, isRefusal, type SessionLease } from './connection-sessions.ts'
import type { Declaration, ManagementRequest, NodeForm, NodeUse, PassingLink } from './profile.ts'

/** Milliseconds that an answer may take; the attach that wants the node is then tried again after its own delay. */
const ANSWER_MS = 10_000

/** Those that are there, or were made. A queue that is there in another way (409) somebody has declared as he wants it. */
const DECLARED = /^(?:20[014]|409)$/

interface Asked {
  readonly answered: (status: string, body: AmqpValue) => void
  readonly failed: (error: Error) => void
}

export class DeclaredNodes {
  readonly #form: NodeForm
  readonly #sessions: ConnectionSessions
  #pair: Promise<LinkPair> | undefined
  /** By message id: one of each attach that waits. */
  readonly #asked = new Map<string, Asked>()
  #requests = 0

  constructor(form: NodeForm, sessions: ConnectionSessions) {
    this.#form = form
    this.#sessions = sessions
  }

  /** What a subscription to that address attaches to, once it is there. `id`: of the subscriber. Rejects with LinkError. */
  async source(address: string, use: NodeUse, id: string): Promise<string> {
    const source = this.#form.source(address, use, id)
    await this.#declare(source.declarations)
    return source.address
  }

  /** Resolves when messages can be sent to that address. Rejects with LinkError. */
  async target(address: string, use: NodeUse): Promise<void> {
    await this.#declare(this.#form.target(address, use))
  }

  async #declare(declarations: readonly Declaration[]): Promise<void> {
    for (const declaration of declarations) {
      if ('method' in declaration) await this.#request(declaration)
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

  async #request({ method, path, body }: ManagementRequest): Promise<void> {
    this.#pair ??= this.#attach()
    const { sender } = await this.#pair
    this.#requests += 1
    const messageId = String(this.#requests)
    const subject = `${method} ${printable(path)}`
    await new Promise<void>((resolve, reject) => {
      const end = (finish: () => void): void => {
        this.#asked.delete(messageId)
        deadline.cancel()
        finish()
      }
      const failed = (error: Error): void => end(() => reject(error))
      const deadline = startDeadline(ANSWER_MS, () =>
        failed(new LinkError(`${subject}: no answer of the peer within ${ANSWER_MS} ms`, { origin: 'local' })),
      )
      const answered = (status: string, said: AmqpValue): void =>
        DECLARED.test(status) ? end(resolve) : failed(refused(subject, status, said))
      this.#asked.set(messageId, { answered, failed })
      const properties = { messageId, to: path, subject: method, replyTo: '$me' }
      sender.send({ properties, body: { type: 'value', value: body } }, { settled: true }).catch(failed)
    })
  }

  async #attach(): Promise<LinkPair> {
    let lease: SessionLease | undefined
    try {
      lease = await this.#sessions.own()
      const pair = await attachLinkPair(lease.session, {
        address: '/management',
        sender: { sndSettleMode: 1 },
        receiver: { sndSettleMode: 1, onDelivery: (delivery) => this.#onAnswer(delivery) },
      })
      const { release } = lease
      void Promise.race([pair.sender.closed, pair.receiver.closed]).then((error) => {
        this.#lost(error)
        void Promise.all([pair.sender.detach(), pair.receiver.detach()]).then(release)
      })
      return pair
    } catch (error) {
      this.#pair = undefined
      lease?.release()
      throw error
    }
  }

  #onAnswer(delivery: Delivery): void {
    const { properties, body } = delivery.message
    delivery.accept()
    const id = properties?.correlationId
    const asked = typeof id === 'string' ? this.#asked.get(id) : undefined
    asked?.answered(String(properties?.subject), body?.type === 'value' ? body.value : null)
  }

  #lost(error: Error | undefined): void {
    this.#pair = undefined
    const reason = error ?? new LinkError('the links to /management were detached', { origin: 'local' })
    for (const { failed } of [...this.#asked.values()]) failed(reason)
  }
}

function refused(subject: string, status: string, said: AmqpValue): LinkError {
  const why = typeof said === 'string' ? `: ${printable(said)}` : ''
  return new LinkError(`${subject}: refused by the peer, status ${printable(status)}${why}`, { origin: 'remote' })
}

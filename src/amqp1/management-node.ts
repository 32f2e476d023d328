// A peer's management node, over one connection: requests and their answers, on two links that are attached with the first request
// (management-links.ts).

import { type Delivery, LinkError, printable } from '../amqp/index.ts'
import { startDeadline } from '../support/deadline.ts'
import { type ConnectionSessions, isRefusal, type SessionLease } from './connection-sessions.ts'
import { attachManagementLinks, type ManagementLinks } from './management-links.ts'
import type { ManagementForm, ManagementRequest } from './profile.ts'

/** Milliseconds that an answer may take; the attach that wants the node is then tried again after its own delay. */
const ANSWER_MS = 10_000

/** Those that are there, were made, or are in hand. A queue that is there in another way (409) somebody has declared as he wants it. */
const DECLARED = /^(?:20[0124]|409)$/

/** We may not. */
const FORBIDDEN = /^40[13]$/

interface Asked {
  readonly answered: (answer: ReturnType<ManagementForm['answer']>) => void
  readonly failed: (error: Error) => void
}

export class ManagementNode {
  readonly #form: ManagementForm
  readonly #sessions: ConnectionSessions
  #links: Promise<ManagementLinks> | undefined
  /** By message id: one of each attach that waits. */
  readonly #asked = new Map<string, Asked>()
  #requests = 0

  constructor(form: ManagementForm, sessions: ConnectionSessions) {
    this.#form = form
    this.#sessions = sessions
  }

  /** Resolves when what it asks for is there, or, with why, when we may not ask for it. Rejects with LinkError. */
  async request(request: ManagementRequest): Promise<LinkError | undefined> {
    this.#links ??= this.#attach()
    let links: ManagementLinks
    try {
      links = await this.#links
    } catch (error) {
      // Whoever bars the node from us may have declared all that we need.
      if (isRefusal(error)) return error as LinkError
      throw error
    }
    const { sender, replyTo } = links
    this.#requests += 1
    const messageId = String(this.#requests)
    const subject = `${request.method} ${printable(request.path)}`
    const { properties, ...sections } = this.#form.request(request)
    return await new Promise<LinkError | undefined>((resolve, reject) => {
      const end = (finish: () => void): void => {
        this.#asked.delete(messageId)
        deadline.cancel()
        finish()
      }
      const failed = (error: Error): void => end(() => reject(error))
      const deadline = startDeadline(ANSWER_MS, () =>
        failed(new LinkError(`${subject}: no answer of the peer within ${ANSWER_MS} ms`, { origin: 'local' })),
      )
      const answered: Asked['answered'] = ({ status, why }) => {
        if (DECLARED.test(status)) return end(() => resolve(undefined))
        const refusal = refused(subject, status, why)
        return FORBIDDEN.test(status) ? end(() => resolve(refusal)) : failed(refusal)
      }
      this.#asked.set(messageId, { answered, failed })
      const message = { ...sections, properties: { ...properties, messageId, replyTo } }
      sender.send(message, { settled: true, timeoutMs: ANSWER_MS }).catch(failed)
    })
  }

  async #attach(): Promise<ManagementLinks> {
    let lease: SessionLease | undefined
    try {
      lease = await this.#sessions.own()
      const links = await attachManagementLinks(lease.session, this.#form, (delivery) => this.#onAnswer(delivery))
      const { release } = lease
      const { sender, receiver } = links
      void Promise.race([sender.closed, receiver.closed]).then((error) => {
        this.#lost(error)
        void Promise.all([sender.detach(), receiver.detach()]).then(release)
      })
      return links
    } catch (error) {
      this.#links = undefined
      lease?.release()
      throw error
    }
  }

  #onAnswer(delivery: Delivery): void {
    delivery.accept()
    try {
      const { message } = delivery
      // Broker-J gives a number back as one, whatever it came as.
      const id = String(message.properties?.correlationId)
      this.#asked.get(id)?.answered(this.#form.answer(message))
    } catch (error) {
      // Whose answer it was cannot be read either.
      const why = `an answer of ${this.#form.address} cannot be read: ${printable(String((error as Error).message))}`
      this.#fail(new LinkError(why, { origin: 'local', cause: error }))
    }
  }

  #lost(error: Error | undefined): void {
    this.#links = undefined
    const { address } = this.#form
    this.#fail(error ?? new LinkError(`the links to ${address} were detached`, { origin: 'local' }))
  }

  /** All that wait for an answer are told. */
  #fail(reason: Error): void {
    for (const { failed } of [...this.#asked.values()]) failed(reason)
  }
}

function refused(subject: string, status: string, why: string | undefined): LinkError {
  const reason = why === undefined ? '' : `: ${printable(why)}`
  return new LinkError(`${subject}: refused by the peer, status ${printable(status)}${reason}`, { origin: 'remote' })
}

// What a queue can do nothing more with goes to its dead-letter address, as any message goes to any address: that one's own rule
// says how. It stays in its queue until somebody there has taken it, and nobody gets it here meanwhile.

import type { AmqpValue, EncodedMessage, Outcome } from '../amqp/index.ts'
import { CodecError } from '../amqp/index.ts'
import type { Deadline } from '../support/deadline.ts'
import { restartDeadline, startDeadline } from '../support/deadline.ts'
import type { Address } from './address.ts'
import type { IncomingDelivery } from './peer-link.ts'
import { Producer } from './producer.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { Storage } from './storage.ts'

/** Why a message was given up. */
export type DeathReason = 'rejected' | 'expired' | 'max-deliveries'

/** Milliseconds until a message that nobody took is offered again. */
const RETRY_MS = 1_000

/** Characters of what a consumer said that are passed on. */
const MAX_DESCRIPTION = 1_024

export interface DeadLetterPlace {
  /** The queue's own address. */
  readonly address: Address
  /** The address for its dead letters; undefined: there is none, or (`later`) not now. */
  target(): Address | 'later' | undefined
  /** To be called when a message was offered to the target. */
  offered(target: Address): void
  /** It is done with. */
  done(message: QueuedMessage, taken: boolean): void
}

export class DeadLetters {
  readonly #place: DeadLetterPlace
  readonly #storage: Storage
  readonly #producer: Producer
  /** Nobody has taken them yet. Bounded by what the queue may hold. */
  #waiting: DeadLetter[] = []
  #deadline: Deadline | undefined
  #stopped = false
  #abandoned = false

  constructor(place: DeadLetterPlace, storage: Storage) {
    this.#place = place
    this.#storage = storage
    this.#producer = new RouterAsProducer(storage.traffic, undefined)
  }

  /** `error`: what the consumer said when it rejected the message. */
  send(message: QueuedMessage, reason: DeathReason, outcome?: Outcome): void {
    const annotations = annotationsOf(this.#place.address.name, reason, outcome)
    const { splicer } = this.#storage
    const payload = message.deadPayload(splicer, (sections) => {
      try {
        return splicer.annotate(sections, 'message-annotations', annotations)
      } catch (error) {
        if (error instanceof CodecError) return sections // it was no message
        throw error
      }
    })
    this.#offer(new DeadLetter(message, payload, (letter, outcome) => this.#onOutcome(letter, outcome)))
  }

  stop(): void {
    this.#stopped = true
    this.#deadline?.cancel()
  }

  /** The queue is deleted: what has not been taken is not offered again. */
  abandon(): void {
    this.#abandoned = true
    this.stop()
    for (const { queued } of this.#waiting.splice(0)) this.#place.done(queued, false)
  }

  #offer(letter: DeadLetter): void {
    const target = this.#place.target()
    // A queue whose dead letters come back to it would never be rid of them.
    if (!target || target === this.#place.address) return this.#place.done(letter.queued, false)
    if (target === 'later') return this.#waits(letter)
    target.forwarder.forward(this.#producer, letter)
    this.#place.offered(target)
  }

  #onOutcome(letter: DeadLetter, outcome: Outcome): void {
    const { queued } = letter
    if (outcome.type === 'accepted') return this.#place.done(queued, true)
    if (outcome.type === 'rejected' && outcome.error?.condition !== 'amqp:resource-limit-exceeded') {
      return this.#place.done(queued, false)
    }
    this.#waits(letter)
  }

  #waits(letter: DeadLetter): void {
    if (this.#abandoned) return this.#place.done(letter.queued, false)
    this.#waiting.push(letter)
    if (this.#stopped || this.#deadline?.pending) return
    if (this.#deadline) restartDeadline(this.#deadline, RETRY_MS)
    else this.#deadline = startDeadline(RETRY_MS, () => this.#again())
  }

  #again(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const letter of waiting) this.#offer(letter.again())
  }
}

/** One attempt to hand a message over. */
class DeadLetter implements IncomingDelivery {
  readonly queued: QueuedMessage
  readonly payload: Buffer
  readonly #onOutcome: (letter: DeadLetter, outcome: Outcome) => void
  #settled = false

  constructor(queued: QueuedMessage, payload: Buffer, onOutcome: (letter: DeadLetter, outcome: Outcome) => void) {
    this.queued = queued
    this.payload = payload
    this.#onOutcome = onOutcome
  }

  get messageFormat(): number {
    return this.queued.messageFormat
  }

  get settled(): boolean {
    return this.#settled
  }

  /** Only an anonymous sender's messages say where they go. */
  get message(): Pick<EncodedMessage, 'properties'> {
    return { properties: undefined }
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#onOutcome(this, outcome)
  }

  again(): DeadLetter {
    return new DeadLetter(this.queued, this.payload, this.#onOutcome)
  }
}

/** What the router sends by itself is no peer's, and not counted as such. */
class RouterAsProducer extends Producer {
  override settle(delivery: IncomingDelivery, outcome: Outcome): void {
    delivery.settle(outcome)
  }
}

/** Where it was, by the names that Artemis gives them, and why it is there no more. */
function annotationsOf(
  address: string,
  reason: DeathReason,
  outcome: Outcome | undefined,
): ReadonlyMap<string, AmqpValue> {
  const annotations = new Map<string, AmqpValue>([
    ['x-opt-ORIG-ADDRESS', address],
    ['x-opt-ORIG-QUEUE', address],
    ['x-opt-dead-letter-reason', reason],
  ])
  if (outcome?.type !== 'rejected' || !outcome.error) return annotations
  const { condition, description } = outcome.error
  annotations.set('x-opt-dead-letter-condition', condition.slice(0, MAX_DESCRIPTION))
  if (description !== undefined) annotations.set('x-opt-dead-letter-description', wholeCharacters(description))
  return annotations
}

/** Cut without leaving half of a surrogate pair behind, which could not be encoded. */
function wholeCharacters(text: string): string {
  return text.length <= MAX_DESCRIPTION ? text : text.slice(0, MAX_DESCRIPTION).replace(/[\ud800-\udbff]$/, '')
}

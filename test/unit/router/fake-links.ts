// Links without a network: they behave as those of the AMQP layer do, one step at a time.

import {
  EncodedMessage,
  type ErrorCondition,
  LinkError,
  type Outcome,
  type SendHandler,
  type SubmitOptions,
} from '../../../src/amqp/index.ts'
import { Address } from '../../../src/router/address.ts'
import { Consumer, type ConsumerManners } from '../../../src/router/consumer.ts'
import type { Distribution } from '../../../src/router/distribution.ts'
import type { LinkShare } from '../../../src/router/link-share.ts'
import type { IncomingDelivery, IncomingLink, OutgoingLink } from '../../../src/router/peer-link.ts'
import { Producer } from '../../../src/router/producer.ts'
import { Traffic } from '../../../src/router/traffic.ts'

export class FakeDelivery implements IncomingDelivery {
  payload: Buffer
  readonly messageFormat = 0
  /** It came settled, or its sender has settled it since. */
  sentSettled: boolean
  outcome: Outcome | undefined

  constructor(text: string | Buffer, settled = false) {
    this.payload = Buffer.from(text)
    this.sentSettled = settled
  }

  get settled(): boolean {
    return this.sentSettled || this.outcome !== undefined
  }

  get message(): EncodedMessage {
    return new EncodedMessage(this.payload)
  }

  keepApart(): void {}

  dropPayload(): void {
    this.payload = Buffer.alloc(0)
  }

  settle(outcome: Outcome): void {
    if (!this.settled) this.outcome = outcome
  }
}

interface FakeSubmission {
  readonly text: string
  readonly settled: boolean
  readonly handler: SendHandler
  state: 'queued' | 'sent' | 'done'
}

export class FakeOutgoing implements OutgoingLink {
  credit = 0
  alive = true
  detachedWith: string | undefined
  onCredit: (() => void) | undefined
  readonly submissions: FakeSubmission[] = []

  get queued(): number {
    return this.submissions.filter(({ state }) => state === 'queued').length
  }

  /** What the peer has got. */
  get received(): string[] {
    return this.submissions.flatMap(({ state, text }) => (state === 'queued' ? [] : [text]))
  }

  submit(payload: Uint8Array, { settled }: SubmitOptions, handler: SendHandler): void {
    if (!this.alive) throw new LinkError('gone', { origin: 'local' })
    const submission: FakeSubmission = { text: Buffer.from(payload).toString(), settled, handler, state: 'queued' }
    this.submissions.push(submission)
    this.#transfer()
  }

  /** The peer grants credit, and the turn ends. */
  grant(count: number): void {
    const had = this.credit
    this.credit += count
    this.#transfer()
    if (had === 0 && this.credit > 0) this.onCredit?.()
    this.endTurn()
  }

  /** The bytes are with the socket. */
  endTurn(): void {
    for (const submission of this.submissions) {
      if (submission.state !== 'sent' || reported.has(submission)) continue
      reported.add(submission)
      if (submission.settled) submission.state = 'done'
      submission.handler.onSent?.()
    }
  }

  /** The peer settles the message with this text. */
  settle(text: string, outcome: Outcome | undefined): void {
    const submission = this.submissions.find((one) => one.text === text && one.state === 'sent')
    if (!submission) throw new Error(`${text} was not sent`)
    submission.state = 'done'
    submission.handler.onOutcome(outcome)
  }

  /** The link goes. */
  fail(): void {
    this.alive = false
    this.credit = 0
    for (const submission of this.submissions) {
      if (submission.state === 'done') continue
      const sent = submission.state === 'sent'
      submission.state = 'done'
      submission.handler.onFailed(new LinkError('gone', { origin: 'parent' }), sent)
    }
  }

  detach(options: { readonly error?: { readonly condition: string } }): Promise<void> {
    this.detachedWith = options.error?.condition
    queueMicrotask(() => this.fail())
    return Promise.resolve()
  }

  #transfer(): void {
    for (const submission of this.submissions) {
      if (this.credit === 0) return
      if (submission.state !== 'queued') continue
      submission.state = 'sent'
      this.credit -= 1
    }
  }
}

const reported = new WeakSet<FakeSubmission>()

export class FakeIncoming implements IncomingLink {
  credit = 0
  addCredit(count: number): void {
    this.credit += count
  }
  /** What the peer may have on its way, or send before it hears that its credit is gone. */
  withdrawn = 0
  withdrawCredit(): void {
    this.withdrawn = this.credit
    this.credit = 0
  }
  detachedWith: string | undefined
  detach({ error }: { readonly error?: ErrorCondition }): Promise<void> {
    this.detachedWith = error?.condition
    return Promise.resolve()
  }
}

/** An address with everything around it. */
export class Bench {
  readonly traffic = new Traffic()
  readonly address: Address

  constructor(distribution: Distribution) {
    this.address = new Address('a', distribution)
  }

  consumer(
    credit: number,
    manners?: ConsumerManners,
    share?: LinkShare,
  ): FakeOutgoing & { consumer: Consumer; leave(): void } {
    const link = new FakeOutgoing()
    const consumer = new Consumer(this.address, manners, share)
    link.onCredit = () => this.address.forwarder.consumerReady(consumer)
    consumer.attached(link)
    this.address.addConsumer(consumer)
    link.grant(credit)
    const leave = (): void => {
      this.address.removeConsumer(consumer)
      link.fail()
    }
    return Object.assign(link, { consumer, leave })
  }

  producer(): FakeIncoming & { producer: Producer; send(text: string | Buffer, settled?: boolean): FakeDelivery } {
    const link = new FakeIncoming()
    const producer = new Producer(this.traffic, this.address)
    producer.attached(link)
    this.address.addProducer(producer)
    const send = (text: string | Buffer, settled = false): FakeDelivery => {
      if (link.credit > 0) link.credit -= 1
      else if (link.withdrawn > 0) link.withdrawn -= 1
      else throw new Error('sent without credit')
      const delivery = new FakeDelivery(text, settled)
      this.address.forwarder.forward(producer, delivery)
      return delivery
    }
    return Object.assign(link, { producer, send })
  }
}

export const range = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`)

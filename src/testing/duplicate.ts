import type { EncodedMessage, Outcome } from '../amqp/index.ts'
import type { IncomingDelivery } from '../router/peer-link.ts'
import { Producer, type WaitingMessage } from '../router/producer.ts'
import type { EffectAction } from './chaos-effect.ts'

/** Sends a message on twice. Its producer hears what became of the first. */
export const duplicate: EffectAction = Object.freeze({
  take({ own }, producer, delivery) {
    const copy = new MessageCopy(delivery) // the first may give up its payload as soon as it has left
    own.forward(producer, delivery)
    own.forward(new CopyProducer(producer), copy)
  },
} satisfies EffectAction)

class MessageCopy implements IncomingDelivery {
  readonly settled: boolean
  readonly payload: Uint8Array
  readonly messageFormat: number
  readonly message: Pick<EncodedMessage, 'properties'>

  constructor({ settled, payload, messageFormat, message }: IncomingDelivery) {
    this.settled = settled
    this.payload = Uint8Array.from(payload)
    this.messageFormat = messageFormat
    this.message = message
  }

  settle(outcome: Outcome): void {
    void outcome
  }
}

/** Copies take places in the window of whoever sent the first, and are no more than that to it. */
class CopyProducer extends Producer {
  readonly #real: Producer

  constructor(real: Producer) {
    super(real.traffic, real.address)
    this.#real = real
  }

  override holds(delivery: IncomingDelivery): void {
    this.#real.holds(delivery)
  }

  override freed(delivery: IncomingDelivery, size?: number): void {
    this.#real.freed(delivery, size)
  }

  override waits(message: WaitingMessage): void {
    if (this.#real.gone) message.abandoned()
    else this.#real.waits(message)
  }

  override waitsNoMore(message: WaitingMessage): void {
    this.#real.waitsNoMore(message)
  }

  override wantCredit(): void {
    this.#real.wantCredit()
  }

  override settle(): void {
    // It has heard of the first.
  }
}

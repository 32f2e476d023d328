import { RELEASED } from '../amqp/index.ts'
import type { IncomingDelivery } from '../router/peer-link.ts'
import type { Producer, WaitingMessage } from '../router/producer.ts'
import { type Deadline, monotonicMs, restartDeadline, startDeadline } from '../support/deadline.ts'
import { Fifo, type FifoEntry } from '../support/fifo.ts'
import type { EffectAction } from './chaos-effect.ts'
import type { ChaosForwarder } from './chaos-forwarder.ts'

/** Holds messages for a while, in order. They count in the windows of their producers, so that there is a bound. */
export class Delay implements EffectAction {
  readonly #ms: number
  readonly #held = new Fifo<DelayedMessage>()
  #deadline: Deadline | undefined
  #stopped = false

  constructor(ms: number) {
    this.#ms = ms
  }

  take(place: ChaosForwarder, producer: Producer, delivery: IncomingDelivery): void {
    const message = new DelayedMessage(this.#held, place, producer, delivery, monotonicMs() + this.#ms)
    this.#held.push(message)
    this.#arm()
  }

  /** All that is held goes on at once. */
  stop(): void {
    this.#stopped = true
    this.#deadline?.cancel()
    for (const message of this.#held.takeAll()) message.goOn()
  }

  #arm(): void {
    const { first } = this.#held
    if (!first || this.#stopped || this.#deadline?.pending) return
    const left = first.dueAt - monotonicMs()
    if (this.#deadline) restartDeadline(this.#deadline, left)
    else this.#deadline = startDeadline(left, () => this.#sendDue())
  }

  #sendDue(): void {
    const now = monotonicMs()
    for (let next = this.#held.first; next && next.dueAt <= now; next = this.#held.first) {
      this.#held.remove(next)
      next.goOn()
    }
    this.#arm()
  }
}

class DelayedMessage implements WaitingMessage, FifoEntry<DelayedMessage> {
  readonly dueAt: number
  fifoPrevious: DelayedMessage | undefined = undefined
  fifoNext: DelayedMessage | undefined = undefined
  fifo: object | undefined = undefined
  readonly #queue: Fifo<DelayedMessage>
  readonly #place: ChaosForwarder
  readonly #producer: Producer
  readonly #delivery: IncomingDelivery
  readonly #size: number
  /** Its producer is gone: see Orphans. */
  #orphaned = false

  constructor(
    queue: Fifo<DelayedMessage>,
    place: ChaosForwarder,
    producer: Producer,
    delivery: IncomingDelivery,
    dueAt: number,
  ) {
    this.#queue = queue
    this.#place = place
    this.#producer = producer
    this.#delivery = delivery
    this.#size = delivery.payload.length
    this.dueAt = dueAt
    producer.traffic.began()
    producer.holds(delivery)
    delivery.keepApart?.()
    producer.waits(this)
  }

  /** It has been taken out of the queue. */
  goOn(): void {
    this.#producer.waitsNoMore(this)
    if (this.#place.gone) this.#drop()
    // First there, then not here any more: its place in the window is not given to another one in between.
    else this.#place.own.forward(this.#producer, this.#delivery)
    this.#end()
  }

  /** What came unsettled its sender sends again; what came settled goes on as if nothing were, if there is room. */
  abandoned(): void {
    const { traffic } = this.#producer
    if (this.#delivery.settled) {
      this.#orphaned = traffic.orphans.take(this.#size)
      if (this.#orphaned) return
      traffic.droppedBeyondLimit += 1
    }
    this.#queue.remove(this)
    this.#end()
  }

  #drop(): void {
    if (this.#delivery.settled) this.#producer.traffic.droppedWithoutConsumer += 1
    this.#producer.settle(this.#delivery, RELEASED)
  }

  #end(): void {
    const { traffic } = this.#producer
    if (this.#orphaned) traffic.orphans.give(this.#size)
    this.#producer.freed(this.#delivery, this.#size)
    traffic.ended()
  }
}

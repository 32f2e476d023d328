// A queue against a model of it: whatever publishers, consumers, losses and a failing store do, no message is lost or with two
// consumers at once, none comes again that was accepted, and the order is kept.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ACCEPTED, EncodedMessage, type Outcome, RELEASED } from '../../../src/amqp/index.ts'
import { MemoryStore } from '../../../src/router/memory-store.ts'
import type { QueueStore, StoreListener } from '../../../src/router/message-store.ts'
import type { QueuedMessage } from '../../../src/router/queued-message.ts'
import type { FakeDelivery } from './fake-links.ts'
import { QueueBench, type QueueProducer } from './queue-bench.ts'

const REJECTED: Outcome = { type: 'rejected' }
const FAILED: Outcome = { type: 'modified', deliveryFailed: true }
const NOT_HERE: Outcome = { type: 'modified', undeliverableHere: true }
const OUTCOMES = [ACCEPTED, RELEASED, REJECTED, FAILED, NOT_HERE] as const

/** Stores when it is told to, or fails to. */
class SteppedStore extends MemoryStore {
  readonly #adding: StoreListener[] = []

  override queue(): QueueStore {
    const store = super.queue()
    return { ...store, add: (_: QueuedMessage, listener: StoreListener) => void this.#adding.push(listener) }
  }

  /** So many of the oldest. */
  finish(count: number, succeed: boolean): void {
    for (const listener of this.#adding.splice(0, count)) {
      if (succeed) listener.onStored()
      else listener.onStoreFailed()
    }
  }
}

interface ModelMessage {
  readonly place: number
  readonly settled: boolean
  readonly delivery: FakeDelivery
  state: 'queued' | 'delivered' | 'done'
  failures: number
  readonly refusedBy: Set<ModelConsumer>
}

type Link = ReturnType<QueueBench['consumer']>

interface ModelConsumer {
  readonly link: Link
  readonly presettled: boolean
  readonly holds: string[]
}

class Model {
  readonly store = new SteppedStore()
  readonly bench = new QueueBench({ store: this.store, queues: { maxMessages: 40 } })
  readonly messages = new Map<string, ModelMessage>()
  readonly consumers: ModelConsumer[] = []
  /** What was seen inside of the router, where nothing may be thrown. */
  readonly #violations: unknown[] = []
  readonly #producer: QueueProducer = this.bench.producer()

  publish(settled: boolean): void {
    if (this.#producer.credit === 0) return
    const place = this.messages.size
    const message = { place, settled, state: 'queued' as const, failures: 0, refusedBy: new Set<ModelConsumer>() }
    const delivery = this.#producer.send(`m${place}`, settled)
    this.messages.set(`m${place}`, { ...message, delivery })
  }

  attach(presettled: boolean, credit: number): void {
    if (this.consumers.length >= 4) return
    const link = this.bench.consumer(0, { presettled })
    const consumer: ModelConsumer = { link, presettled, holds: [] }
    const submit = link.submit.bind(link)
    link.submit = (payload, options, handler) => {
      try {
        this.#delivered(consumer, new EncodedMessage(Buffer.from(payload)))
      } catch (error) {
        this.#violations.push(error)
      }
      submit(payload, options, handler)
    }
    this.consumers.push(consumer)
    this.grant(consumer, credit)
  }

  grant(consumer: ModelConsumer, credit: number): void {
    if (!consumer.presettled) return consumer.link.grant(credit)
    consumer.link.grant(credit)
    this.#left(consumer)
  }

  settle(consumer: ModelConsumer, index: number, outcome: Outcome): void {
    const text = consumer.holds[index]
    if (text === undefined || consumer.presettled) return
    consumer.holds.splice(index, 1)
    const message = this.messages.get(text) as ModelMessage
    message.state = outcome === ACCEPTED || outcome === REJECTED ? 'done' : 'queued'
    if (outcome === FAILED) message.failures += 1
    if (outcome === NOT_HERE) message.refusedBy.add(consumer)
    consumer.link.settle(text, outcome)
  }

  /** The link goes; what it holds had left. */
  async lose(consumer: ModelConsumer): Promise<void> {
    this.consumers.splice(this.consumers.indexOf(consumer), 1)
    this.endTurn()
    for (const text of consumer.holds.splice(0)) {
      const message = this.messages.get(text) as ModelMessage
      message.state = 'queued'
      message.failures += 1
    }
    consumer.link.leave()
    await Promise.resolve()
  }

  /** Bytes are with the sockets. */
  endTurn(): void {
    for (const consumer of [...this.consumers]) {
      consumer.link.endTurn()
      if (consumer.presettled) this.#left(consumer)
    }
  }

  /** What could be stored in the end is there, in order, and nothing else. */
  async check(): Promise<void> {
    this.store.finish(1_000, true)
    this.endTurn()
    for (const consumer of [...this.consumers]) await this.lose(consumer)
    const left = [...this.messages].filter(([, message]) => message.state !== 'done' && !this.#failedToStore(message))
    assert.deepEqual(this.#violations, [])
    const last = this.bench.consumer(1_000)
    assert.deepEqual(
      last.received,
      left.map(([text]) => text),
    )
    for (const [text, { failures }] of left) assert.equal(last.header(text)?.deliveryCount, failures, text)
    for (const text of last.received) last.settle(text, ACCEPTED)
    const { messages, bytes } = this.bench.storage.total
    assert.deepEqual([messages, bytes, this.bench.traffic.inFlight], [0, 0, 0])
    assert.equal(this.bench.traffic.droppedFull, 0)
  }

  #failedToStore({ settled, delivery }: ModelMessage): boolean {
    if (!settled) assert.ok(delivery.outcome, 'every producer has heard')
    return delivery.outcome?.type === 'released'
  }

  #delivered(consumer: ModelConsumer, { body, header }: EncodedMessage): void {
    const text = body?.type === 'value' ? String(body.value) : ''
    const message = this.messages.get(text) as ModelMessage
    assert.equal(message.state, 'queued', `${text} is with nobody`)
    assert.ok(!message.refusedBy.has(consumer), `${text} is not for this consumer`)
    for (const other of this.messages.values()) {
      const before = other.place < message.place && other.state === 'queued' && !other.refusedBy.has(consumer)
      const stored = other.settled ? this.#isStored(other) : other.delivery.outcome === ACCEPTED
      assert.ok(!before || !stored, `m${other.place} goes before ${text}`)
    }
    assert.equal(header?.deliveryCount, message.failures)
    message.state = 'delivered'
    consumer.holds.push(text)
  }

  /** A settled message is stored, or kept, before any that came after it: the store works in order. */
  #isStored({ place }: ModelMessage): boolean {
    const later = [...this.messages.values()].slice(place + 1)
    return later.some(({ delivery, state }) => delivery.outcome !== undefined || state !== 'queued')
  }

  #left({ holds }: ModelConsumer): void {
    for (const text of holds.splice(0)) (this.messages.get(text) as ModelMessage).state = 'done'
  }
}

const small = fc.nat(3)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.boolean().map((settled) => (model: Model) => model.publish(settled)) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(8), fc.nat(9)).map(
      ([n, ok]) =>
        (model: Model) =>
          model.store.finish(n, ok > 0),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(5), fc.nat(5)).map(
      ([p, n]) =>
        (model: Model) =>
          model.attach(p === 0, n),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(small, fc.nat(5)).map(([at, count]) => (model: Model) => {
      const consumer = model.consumers[at]
      if (consumer) model.grant(consumer, count)
    }),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(small, small, fc.constantFrom(...OUTCOMES)).map(([at, index, outcome]) => (model: Model) => {
      const consumer = model.consumers[at]
      if (consumer) model.settle(consumer, index, outcome)
    }),
  },
  {
    weight: 1,
    arbitrary: small.map((at) => async (model: Model) => {
      const consumer = model.consumers[at]
      if (consumer) await model.lose(consumer)
    }),
  },
  { weight: 2, arbitrary: fc.constant((model: Model) => model.endTurn()) },
)

describe('a queue', () => {
  it('keeps its promises whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200, size: 'max' }), async (steps) => {
        const model = new Model()
        for (const act of steps) await act(model)
        await model.check()
      }),
      { numRuns: 300 },
    )
  })
})

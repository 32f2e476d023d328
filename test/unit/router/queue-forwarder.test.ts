import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ACCEPTED, type Outcome, RELEASED, type SendHandler } from '../../../src/amqp/index.ts'
import { range } from './fake-links.ts'
import { bytesOf, QueueBench, textMessage } from './queue-bench.ts'

const REJECTED: Outcome = { type: 'rejected', error: { condition: 'x:y', description: 'why' } }
const FAILED: Outcome = { type: 'modified', deliveryFailed: true }
const NOT_HERE: Outcome = { type: 'modified', undeliverableHere: true }

describe('a message to a queue', () => {
  it('is accepted when it is stored, and waits for a consumer', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    assert.equal(producer.credit, 250)
    const deliveries = range(3).map((text) => producer.send(text))
    assert.ok(deliveries.every(({ outcome }) => outcome === ACCEPTED))
    assert.equal(bench.traffic.inFlight, 0)
    const consumer = bench.consumer(2)
    assert.deepEqual(consumer.received, ['m0', 'm1'])
    assert.equal(bench.storage.total.messages, 3)
    consumer.grant(5)
    for (const text of range(3)) consumer.settle(text, ACCEPTED)
    assert.deepEqual(consumer.received, range(3))
    assert.equal(bench.storage.total.messages, 0)
    assert.equal(bench.storage.total.bytes, 0)
    assert.equal(bench.traffic.inFlight, 0)
  })

  it('is stored as well when it came settled, and has to be settled by its consumer', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    for (const text of range(300)) {
      producer.send(text, true)
    }
    const consumer = bench.consumer(300)
    assert.deepEqual(consumer.received, range(300))
    assert.ok(consumer.submissions.every(({ settled }) => !settled))
    assert.equal(bench.storage.total.messages, 300)
  })

  it('goes to one consumer, the least busy of those with credit', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    const without = bench.consumer(0)
    const two = [bench.consumer(100), bench.consumer(100)]
    for (const text of range(100)) producer.send(text)
    assert.deepEqual(without.received, [])
    assert.deepEqual(
      two.map(({ received }) => received.length),
      [50, 50],
    )
  })

  it('that is none is rejected, or dropped and counted when it came settled', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    const { outcome } = producer.send(Buffer.from('junk'))
    assert.equal(outcome?.type === 'rejected' && outcome.error?.condition, 'amqp:decode-error')
    producer.send(Buffer.from('junk'), true)
    assert.equal(bench.traffic.droppedMalformed, 1)
    assert.equal(bench.storage.total.messages, 0)
    for (let n = 0; n < 250; n++) producer.send('m')
    assert.ok(producer.credit > 0)
  })
})

describe('the outcome of a queued message', () => {
  it('released: it is back at its place, and its delivery-count is what it was', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    for (const text of range(3)) producer.send(text)
    const consumer = bench.consumer(2)
    consumer.settle('m0', RELEASED)
    const other = bench.consumer(3)
    assert.deepEqual(other.received, ['m0', 'm2'])
    assert.deepEqual(other.header('m0'), header({ firstAcquirer: false }))
    assert.deepEqual(other.header('m2'), header({ firstAcquirer: true }))
  })

  it('modified, delivery failed: the delivery-count goes up', () => {
    const bench = new QueueBench()
    bench.producer().send(textMessage('m', { deliveryCount: 7, durable: true, priority: 9 }))
    const consumer = bench.consumer(3)
    consumer.settle('m', FAILED)
    consumer.settle('m', FAILED)
    assert.deepEqual(
      consumer.messages.map((message) => message.header),
      [7, 8, 9].map((deliveryCount) =>
        header({ durable: true, priority: 9, deliveryCount, firstAcquirer: deliveryCount === 7 }),
      ),
    )
  })

  it('modified, undeliverable here: another link gets it, this one never again', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    for (const text of range(3)) producer.send(text)
    const consumer = bench.consumer(10)
    consumer.settle('m0', NOT_HERE)
    consumer.settle('m1', RELEASED)
    producer.send('m3')
    assert.deepEqual(consumer.received, ['m0', 'm1', 'm2', 'm1', 'm3'])
    const other = bench.consumer(10)
    assert.deepEqual(other.received, ['m0'])
    other.settle('m0', RELEASED)
    assert.deepEqual(consumer.received.length, 5)
    other.leave()
    assert.deepEqual(consumer.received.length, 5)
    assert.deepEqual(bench.consumer(1).received, ['m0'])
  })

  it('modified: its annotations are merged into those of the message', () => {
    const bench = new QueueBench()
    const annotations = new Map([
      ['x-opt-a', 'a'],
      ['x-opt-b', 'b'],
    ])
    bench.producer().send({ ...textMessage('m'), messageAnnotations: annotations })
    const consumer = bench.consumer(2)
    const { bytes } = bench.storage.total
    consumer.settle('m', { type: 'modified', messageAnnotations: new Map([['x-opt-b', 'changed']]) })
    assert.deepEqual(
      consumer.messages[1]?.messageAnnotations,
      new Map([
        ['x-opt-a', 'a'],
        ['x-opt-b', 'changed'],
      ]),
    )
    assert.equal(bench.storage.total.bytes, bytes + 6)
    consumer.settle('m', ACCEPTED)
    assert.equal(bench.storage.total.bytes, 0)
  })

  it('modified: annotations that cannot be written, or are too many, change nothing', () => {
    const bench = new QueueBench()
    bench.producer().send('m')
    const consumer = bench.consumer(10)
    const { bytes } = bench.storage.total
    consumer.settle('m', { type: 'modified', messageAnnotations: new Map([['é', 1]]) })
    consumer.settle('m', { type: 'modified', messageAnnotations: new Map([['a', 'x'.repeat(20_000)]]) })
    assert.equal(consumer.messages.length, 3)
    assert.equal(consumer.messages[2]?.messageAnnotations, undefined)
    assert.equal(bench.storage.total.bytes, bytes)
  })

  it('modified: annotations for which the queue has no room change nothing', () => {
    const bench = new QueueBench({ queues: { maxBytes: 100 } })
    bench.producer().send('m')
    const consumer = bench.consumer(10)
    consumer.settle('m', { type: 'modified', messageAnnotations: new Map([['a', 'x'.repeat(100)]]) })
    assert.equal(consumer.messages[1]?.messageAnnotations, undefined)
  })

  it('rejected: it is gone, and counted', () => {
    const bench = new QueueBench()
    bench.producer().send('m')
    bench.consumer(2).settle('m', REJECTED)
    assert.equal(bench.traffic.droppedUndeliverable, 1)
    assert.equal(bench.storage.total.messages, 0)
  })

  it('none: the default outcome of the source, else accepted', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    producer.send('a')
    bench.consumer(1).settle('a', undefined)
    assert.equal(bench.storage.total.messages, 0)
    producer.send('b')
    bench.consumer(1, { defaultOutcome: RELEASED }).settle('b', undefined)
    assert.equal(bench.storage.total.messages, 1)
  })

  it('none at all, as the consumer is lost: it is back with one more delivery, unless it never left', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    const lost = bench.consumer(2)
    producer.send('left')
    lost.credit = 0
    Object.defineProperty(lost.consumer, 'room', { value: 1, configurable: true })
    producer.send('waited')
    Object.defineProperty(lost.consumer, 'room', { value: 0 })
    lost.leave()
    const next = bench.consumer(2)
    assert.deepEqual(next.received, ['left', 'waited'])
    assert.deepEqual(next.header('left'), header({ deliveryCount: 1 }))
    assert.deepEqual(next.header('waited'), header({ firstAcquirer: true }))
  })

  it('is not waited for by a consumer of settled messages: what has left is gone', () => {
    const bench = new QueueBench()
    bench.producer().send('m')
    const consumer = bench.consumer(1, { presettled: true })
    consumer.endTurn()
    assert.deepEqual(consumer.received, ['m'])
    assert.equal(consumer.submissions[0]?.settled, true)
    assert.equal(bench.storage.total.messages, 0)
  })

  it('counts deliveries: beyond maxDeliveries the message is gone', () => {
    const bench = new QueueBench({ queues: { maxDeliveries: 3 } })
    bench.producer().send('m')
    const consumer = bench.consumer(10)
    consumer.settle('m', RELEASED)
    for (let n = 0; n < 3; n++) consumer.settle('m', FAILED)
    assert.equal(consumer.messages.length, 4)
    assert.equal(bench.traffic.droppedUndeliverable, 1)
    assert.equal(bench.storage.total.messages, 0)
  })
})

describe('what is delivered', () => {
  it('has the bytes of what was sent behind its header', () => {
    const bench = new QueueBench()
    // An unusually encoded null, a section in a wide form, a body of several sections.
    const sections = Buffer.from('0080000000000000007345' + '005375a00161' + '005375b00000000162', 'hex')
    const producer = bench.producer()
    producer.send(Buffer.concat([bytesOf({ header: { ttl: 60_000 } }), sections]))
    const consumer = bench.consumer(2)
    consumer.settle('(data)', FAILED)
    for (const { bytes } of consumer.messages) {
      assert.deepEqual(bytes.subarray(bytes.length - sections.length), sections)
    }
  })

  it('has what is left of its ttl', (t) => {
    t.mock.method(performance, 'now', () => 1_000)
    const bench = new QueueBench()
    bench.producer().send(textMessage('m', { ttl: 10_000 }))
    t.mock.method(performance, 'now', () => 4_000.5)
    const consumer = bench.consumer(1)
    assert.equal(consumer.header('m')?.ttl, 7_000)
    bench.storage.expiry.stop()
  })

  it('is left alone when its format is another one than 0', () => {
    const bench = new QueueBench()
    const payload = Buffer.from('007bff', 'hex')
    const foreign = { settled: true, payload, messageFormat: 9, message: { properties: undefined }, settle: () => {} }
    bench.address().forwarder.forward(bench.producer().producer, foreign)
    const consumer = bench.consumer(0)
    const submitted: { readonly bytes: Buffer; readonly messageFormat: number | undefined }[] = []
    const handlers: SendHandler[] = []
    consumer.submit = (bytes, { messageFormat }, handler) => {
      submitted.push({ bytes: Buffer.from(bytes), messageFormat })
      handlers.push(handler)
    }
    consumer.grant(2)
    handlers.shift()?.onOutcome(FAILED)
    assert.deepEqual(submitted[1], { bytes: payload, messageFormat: 9 })
    assert.deepEqual(submitted[0], submitted[1])
  })

  it('waits for a consumer that takes messages of that size', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    const small = bench.consumer(10, { maxMessageSize: 100 })
    const large = 'x'.repeat(200)
    producer.send(large)
    producer.send('small')
    assert.deepEqual(small.received, ['small'])
    assert.deepEqual(bench.consumer(1).received, [large])
  })

  it('is looked for in steps when a consumer takes few of many messages', async () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    const large = 'x'.repeat(200)
    for (let n = 0; n < 3_000; n++) producer.send(large)
    producer.send('small')
    const small = bench.consumer(10, { maxMessageSize: 100 })
    const other = bench.consumer(1)
    while (small.received.length === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(small.received, ['small'])
    assert.deepEqual(other.received, [large])
  })
})

describe('a queue', () => {
  it('is there as long as links are attached to it or messages are in it', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    producer.send('m')
    producer.leave()
    assert.equal(bench.table.size, 1)
    const consumer = bench.consumer(1)
    consumer.settle('m', ACCEPTED)
    assert.equal(bench.table.size, 1)
    consumer.leave()
    assert.equal(bench.table.size, 0)
  })

  it('goes with its last message when nobody is attached', async () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    producer.send('m')
    producer.leave()
    const consumer = bench.consumer(1)
    bench.address().removeConsumer(consumer.consumer)
    bench.table.releaseUnused(bench.address())
    assert.equal(bench.table.size, 1)
    consumer.settle('m', ACCEPTED)
    await Promise.resolve()
    assert.equal(bench.table.size, 0)
  })

  it('takes messages that name it, without anybody being attached to it', () => {
    const bench = new QueueBench()
    assert.equal(bench.table.findFor('q'), bench.address())
    assert.equal(bench.table.findFor('elsewhere'), undefined)
  })

  it('gives nothing more to consumers while the router ends', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    const consumer = bench.consumer(10)
    producer.send('a')
    bench.traffic.draining = true
    producer.send('b', true)
    assert.deepEqual(consumer.received, ['a'])
    assert.equal(bench.traffic.inFlight, 1)
    consumer.settle('a', RELEASED)
    assert.deepEqual(consumer.received, ['a'])
    assert.equal(bench.traffic.inFlight, 0)
  })
})

describe('a consumer that browses', () => {
  it('sees the messages that are there and those that come, each once, and takes none', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    for (const text of range(3)) producer.send(text)
    const taker = bench.consumer(1)
    const browser = bench.consumer(10, { browses: true })
    producer.send('m3')
    assert.deepEqual(browser.received, range(4))
    browser.settle('m1', ACCEPTED)
    browser.settle('m2', REJECTED)
    browser.settle('m3', FAILED)
    taker.settle('m0', RELEASED)
    taker.grant(10)
    assert.deepEqual(taker.received, ['m0', 'm0', 'm1', 'm2', 'm3'])
    assert.deepEqual(taker.header('m3'), header({ firstAcquirer: true }))
    assert.deepEqual(browser.received, range(4))
    assert.equal(bench.traffic.inFlight, 4)
  })

  it('gets as many as it has credit for, and the rest when it has more', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    for (const text of range(50)) producer.send(text)
    const browser = bench.consumer(2, { browses: true })
    assert.deepEqual(browser.received, range(2))
    browser.grant(100)
    assert.deepEqual(browser.received, range(50))
    browser.leave()
    assert.equal(bench.storage.total.messages, 50)
  })

  it('goes on behind messages that are gone', () => {
    const bench = new QueueBench()
    const producer = bench.producer()
    for (const text of range(3)) producer.send(text)
    const browser = bench.consumer(2, { browses: true })
    const taker = bench.consumer(3)
    for (const text of range(3)) taker.settle(text, ACCEPTED)
    producer.send('last')
    browser.grant(2)
    assert.deepEqual(browser.received, ['m0', 'm1', 'last'])
  })
})

function header(fields: Record<string, unknown>): Record<string, unknown> {
  return { durable: false, priority: 4, ttl: undefined, firstAcquirer: false, deliveryCount: 0, ...fields }
}

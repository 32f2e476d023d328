import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ACCEPTED, type Outcome } from '../../../src/amqp/index.ts'
import { range } from './fake-links.ts'
import { QueueBench, type QueueProducer } from './queue-bench.ts'

function limitOf(outcome: Outcome | undefined): string | undefined {
  return outcome?.type === 'rejected' && outcome.error?.condition === 'amqp:resource-limit-exceeded'
    ? outcome.error.description
    : undefined
}

/** Sends while there is credit. */
function fill(producer: QueueProducer, text: string, settled = false): number {
  let sent = 0
  for (; producer.credit > 0; sent++) producer.send(text, settled)
  return sent
}

describe('a queue with a limit of messages', () => {
  it('takes so many and gives no credit for more, until consumers have taken some', () => {
    const bench = new QueueBench({ queues: { maxMessages: 1_000 } })
    const producer = bench.producer()
    assert.equal(fill(producer, 'm', true), 1_000)
    assert.equal(bench.traffic.droppedFull, 0)
    const consumer = bench.consumer(1_000)
    for (let n = 0; n < 124; n++) consumer.settle('m', ACCEPTED)
    assert.equal(producer.credit, 0)
    consumer.settle('m', ACCEPTED)
    assert.equal(producer.credit, 125)
    for (let n = 0; n < 875; n++) consumer.settle('m', ACCEPTED)
    assert.ok(producer.credit >= 125)
    assert.equal(fill(producer, 'm'), 1_000)
    assert.equal(bench.storage.total.messages, 1_000)
  })

  it('never gives its producers more credit together than it has room', () => {
    const bench = new QueueBench({ queues: { maxMessages: 300 } })
    const producers = [bench.producer(), bench.producer(), bench.producer()]
    const granted = producers.reduce((sum, { credit }) => sum + credit, 0)
    assert.ok(granted <= 300, `${granted}`)
    assert.ok(producers.every(({ credit }) => credit > 0))
    for (const producer of producers) fill(producer, 'm', true)
    assert.equal(bench.traffic.droppedFull, 0)
    assert.equal(bench.storage.total.messages, 300)
  })

  it('gives each of many producers some credit, whatever the first were given', () => {
    const bench = new QueueBench({ queues: { maxMessages: 10 } })
    const producers = Array.from({ length: 5 }, () => bench.producer())
    assert.ok(
      producers.every(({ credit }) => credit > 0),
      producers.map(({ credit }) => credit).join(),
    )
  })

  it('serves each of a crowd of producers in the end, and loses nothing', async () => {
    const bench = new QueueBench({ queues: { maxMessages: 300 } })
    const consumer = bench.consumer(0)
    const left = new Map(Array.from({ length: 200 }, () => [bench.producer(), 10]))
    const taken: string[] = []
    for (let turns = 0; taken.length < 2_000; turns++) {
      assert.ok(turns < 10_000, `${taken.length} came, and nothing more`)
      for (const [producer, count] of left) {
        if (count === 0 || producer.credit === 0) continue
        producer.send(`m${taken.length}`, true)
        left.set(producer, count - 1)
      }
      await new Promise((resolve) => setImmediate(resolve))
      consumer.grant(50)
      for (const text of consumer.received.slice(taken.length)) {
        taken.push(text)
        consumer.settle(text, ACCEPTED)
      }
    }
    assert.equal(bench.traffic.droppedFull, 0)
    assert.ok([...left.values()].every((count) => count === 0))
  })

  it('rejects what comes beyond it unsettled and says why, drops what comes settled and counts it', () => {
    const bench = new QueueBench({ queues: { maxMessages: 2 } })
    const producer = bench.producer()
    producer.credit = 100
    for (const text of range(2)) producer.send(text)
    assert.match(limitOf(producer.send('m').outcome) ?? '', /^the queue "q": 2 messages of at most 2 \(maxMessages\)/)
    producer.send('m', true)
    assert.equal(bench.traffic.droppedFull, 1)
    assert.equal(bench.storage.total.messages, 2)
    assert.equal(bench.traffic.inFlight, 0)
  })

  it('of one message works', () => {
    const bench = new QueueBench({ queues: { maxMessages: 1 } })
    const producer = bench.producer()
    const consumer = bench.consumer(10)
    for (const text of range(5)) {
      assert.equal(producer.credit, 1)
      producer.send(text)
      assert.equal(producer.credit, 0)
      consumer.settle(text, ACCEPTED)
    }
  })
})

describe('a queue with a limit of bytes', () => {
  const kilobyte = 'x'.repeat(1_000)

  it('ends credit before it is reached, so that what is on its way has its place', () => {
    const bench = new QueueBench({ queues: { maxBytes: 1_000_000 } })
    const producers = [bench.producer(), bench.producer()]
    while (producers.some(({ credit }) => credit > 0)) {
      for (const producer of producers) if (producer.credit > 0) producer.send(kilobyte, true)
    }
    for (const producer of producers) while (producer.withdrawn > 0) producer.send(kilobyte, true)
    assert.equal(bench.traffic.droppedFull, 0)
    const { bytes } = bench.storage.total
    assert.ok(bytes > 790_000 && bytes < 1_000_000, `${bytes}`)
  })

  it('begins again well below', () => {
    const bench = new QueueBench({ queues: { maxBytes: 1_000_000 } })
    const producer = bench.producer()
    const sent = fill(producer, kilobyte)
    const consumer = bench.consumer(sent)
    let settled = 0
    for (; producer.credit === 0; settled++) consumer.settle(kilobyte, ACCEPTED)
    assert.ok(settled > 70 && settled < 120, `${settled} of ${sent}`)
  })

  it('rejects what is too large for what is left', () => {
    const bench = new QueueBench({ queues: { maxBytes: 10_000 } })
    const producer = bench.producer()
    producer.credit = 100
    for (let n = 0; n < 5; n++) producer.send(kilobyte)
    assert.match(limitOf(producer.send('x'.repeat(6_000)).outcome) ?? '', /bytes of at most 10000 \(maxBytes\)/)
    assert.equal(producer.send(kilobyte).outcome, ACCEPTED)
  })

  it('still gives credit for a message of which it knows nothing', () => {
    const bench = new QueueBench({ queues: { maxBytes: 100 } })
    assert.equal(bench.producer().credit, 1)
  })
})

describe('all queues together', () => {
  it('have a limit, near which none of them gives credit', () => {
    const bench = new QueueBench({ queues: { maxTotalMessages: 1_000 } })
    const first = bench.producer('q.1')
    const second = bench.producer('q.2')
    assert.ok(second.credit > 0)
    fill(first, 'm')
    assert.equal(bench.storage.total.messages, 800)
    assert.equal(second.credit, 0)
    assert.equal(second.withdrawn, 250)
    for (let n = 0; n < 200; n++) second.send('late', true)
    assert.equal(bench.traffic.droppedFull, 0)
    assert.match(
      limitOf(second.send('late').outcome) ?? '',
      /^all queues together: 1000 messages .*\(maxTotalMessages\)/,
    )
    const consumer = bench.consumer(1_000, {}, 'q.1')
    for (let n = 0; n < 300; n++) consumer.settle('m', ACCEPTED)
    assert.ok(first.credit > 0)
    assert.ok(second.credit > 0)
  })

  it('have a limit of bytes', () => {
    const bench = new QueueBench({ queues: { maxTotalBytes: 10_000 } })
    const producer = bench.producer('q.1')
    producer.credit = 10
    producer.send('x'.repeat(9_000))
    assert.match(limitOf(producer.send('x'.repeat(2_000)).outcome) ?? '', /maxTotalBytes/)
  })
})

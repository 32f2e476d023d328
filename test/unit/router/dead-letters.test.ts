import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ACCEPTED, type Outcome } from '../../../src/amqp/index.ts'
import type { QueuesOptions } from '../../../src/router/queue-options.ts'
import { range } from './fake-links.ts'
import { QueueBench, textMessage } from './queue-bench.ts'

const REJECTED: Outcome = { type: 'rejected', error: { condition: 'x:y', description: 'why' } }
const FAILED: Outcome = { type: 'modified', deliveryFailed: true }

const benchWith = (queues: QueuesOptions): QueueBench => new QueueBench({ queues })

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('the dead-letter address', () => {
  it('gets what a consumer rejects, with the reason in its annotations', () => {
    const bench = benchWith({ deadLetter: 'q.dead' })
    const annotations = new Map([['x-opt-own', 1]])
    bench.producer().send({ ...textMessage('m', { durable: true, ttl: 60_000 }), messageAnnotations: annotations })
    bench.consumer(1).settle('m', REJECTED)
    const dead = bench.consumer(1, {}, 'q.dead')
    assert.deepEqual(dead.received, ['m'])
    assert.deepEqual(
      dead.messages[0]?.messageAnnotations,
      new Map<string, unknown>([
        ['x-opt-own', 1],
        ['x-opt-ORIG-ADDRESS', 'q'],
        ['x-opt-ORIG-QUEUE', 'q'],
        ['x-opt-dead-letter-reason', 'rejected'],
        ['x-opt-dead-letter-condition', 'x:y'],
        ['x-opt-dead-letter-description', 'why'],
      ]),
    )
    const { durable, ttl, deliveryCount } = dead.header('m') ?? {}
    assert.deepEqual([durable, ttl, deliveryCount], [true, undefined, 1])
    assert.equal(bench.traffic.deadLettered, 1)
    assert.equal(bench.traffic.accepted, 1, 'the producer was told once')
    assert.equal(bench.storage.total.messages, 1)
    dead.settle('m', ACCEPTED)
    assert.equal(bench.storage.total.messages, 0)
    assert.equal(bench.traffic.inFlight, 0)
    bench.storage.expiry.stop()
  })

  it('gets what was tried in vain too often, with the count of deliveries', () => {
    const bench = benchWith({ deadLetter: 'q.dead', maxDeliveries: 2 })
    bench.producer().send('m')
    const consumer = bench.consumer(5)
    consumer.settle('m', FAILED)
    consumer.settle('m', FAILED)
    assert.equal(consumer.messages.length, 2)
    const dead = bench.consumer(1, {}, 'q.dead')
    assert.equal(dead.messages[0]?.messageAnnotations?.get('x-opt-dead-letter-reason'), 'max-deliveries')
    assert.equal(dead.header('m')?.deliveryCount, 2)
  })

  it('gets what has expired only when asked to', async () => {
    for (const deadLetterExpired of [true, false]) {
      const bench = benchWith({ deadLetter: 'q.dead', deadLetterExpired })
      bench.producer().send(textMessage('m', { ttl: 1 }))
      await until(() => bench.traffic.expired === 1)
      const dead = bench.consumer(1, {}, 'q.dead')
      assert.deepEqual(dead.received, deadLetterExpired ? ['m'] : [])
      if (deadLetterExpired) {
        assert.equal(dead.messages[0]?.messageAnnotations?.get('x-opt-dead-letter-reason'), 'expired')
      }
    }
  })

  it('may be any address: what a consumer there makes of the message counts', () => {
    const bench = benchWith({ deadLetter: 'elsewhere' })
    const producer = bench.producer()
    const consumer = bench.consumer(5)
    const dead = bench.consumer(5, {}, 'elsewhere')
    for (const text of ['taken', 'refused']) {
      producer.send(text)
      consumer.settle(text, REJECTED)
    }
    assert.equal(bench.storage.total.messages, 2)
    dead.settle('taken', ACCEPTED)
    dead.settle('refused', REJECTED)
    assert.equal(bench.storage.total.messages, 0)
    assert.equal(bench.traffic.deadLettered, 1)
    assert.equal(bench.traffic.droppedUndeliverable, 1)
  })

  it('is offered the message again until somebody takes it; meanwhile it stays in its queue, and nobody gets it there', async () => {
    const bench = benchWith({ deadLetter: 'elsewhere' })
    bench.producer().send('m')
    const consumer = bench.consumer(5)
    consumer.settle('m', REJECTED)
    assert.equal(consumer.messages.length, 1)
    assert.equal(bench.storage.total.messages, 1)
    assert.equal(bench.table.find('elsewhere'), undefined)
    const dead = bench.consumer(5, {}, 'elsewhere')
    await until(() => dead.received.length === 1)
    dead.settle('m', ACCEPTED)
    assert.equal(bench.storage.total.messages, 0)
    assert.equal(consumer.messages.length, 1)
  })

  it('that is full takes it later', async () => {
    const bench = new QueueBench({
      queues: { deadLetter: 'q.dead' },
      rules: [{ prefix: 'q.dead', distribution: 'queue', queue: { maxMessages: 1 } }],
    })
    const producer = bench.producer()
    const consumer = bench.consumer(5)
    for (const text of range(2)) {
      producer.send(text)
      consumer.settle(text, REJECTED)
    }
    assert.equal(bench.traffic.deadLettered, 1)
    const dead = bench.consumer(5, {}, 'q.dead')
    dead.settle('m0', ACCEPTED)
    await until(() => dead.received.length === 2)
    assert.equal(bench.traffic.deadLettered, 2)
  })

  it('of a queue cannot be the queue itself', () => {
    const bench = benchWith({ deadLetter: 'q' })
    bench.producer().send('m')
    bench.consumer(5).settle('m', REJECTED)
    assert.equal(bench.traffic.droppedUndeliverable, 1)
    assert.equal(bench.storage.total.messages, 0)
  })

  it('that nobody may attach to takes nothing', () => {
    const bench = benchWith({ deadLetter: '$management' })
    bench.producer().send('m')
    bench.consumer(5).settle('m', REJECTED)
    assert.equal(bench.traffic.droppedUndeliverable, 1)
  })

  it('gets many expired messages at once without being overrun', async () => {
    const bench = benchWith({ deadLetter: 'q.dead', deadLetterExpired: true })
    const producer = bench.producer()
    for (let n = 0; n < 20_000; n++) producer.send(textMessage('m', { ttl: 1 }))
    const consumer = bench.consumer(0)
    await until(() => bench.traffic.deadLettered === 20_000)
    consumer.grant(1)
    assert.deepEqual(consumer.received, [])
    assert.equal(bench.storage.total.messages, 20_000)
  })

  it('gets messages of which only the header could be read as they are', () => {
    const bench = benchWith({ deadLetter: 'q.dead' })
    bench.producer().send(Buffer.from('00537045' + 'ffff', 'hex'))
    const consumer = bench.consumer(0)
    consumer.submit = (_payload, _options, handler) => queueMicrotask(() => handler.onOutcome(REJECTED))
    consumer.grant(1)
    return Promise.resolve().then(() => {
      const dead = bench.consumer(0, {}, 'q.dead')
      const received: Buffer[] = []
      dead.submit = (payload) => void received.push(Buffer.from(payload))
      dead.grant(1)
      assert.equal(received[0]?.subarray(-2).toString('hex'), 'ffff')
    })
  })

  it('is not asked any more when the router has ended', async () => {
    const bench = benchWith({ deadLetter: 'elsewhere' })
    bench.producer().send('m')
    const consumer = bench.consumer(5)
    await bench.storage.close()
    consumer.settle('m', REJECTED)
    assert.equal(bench.storage.total.messages, 1)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ACCEPTED, type Outcome, RELEASED } from '../../../src/amqp/index.ts'
import { LinkShare } from '../../../src/router/link-share.ts'
import { StallWatch } from '../../../src/router/stall-watch.ts'
import { Bench, range } from './fake-links.ts'

const REJECTED: Outcome = { type: 'rejected', error: { condition: 'x:y' } }
const MODIFIED: Outcome = { type: 'modified', deliveryFailed: true }

describe('a multicast message', () => {
  it('reaches every consumer once', () => {
    const bench = new Bench('multicast')
    const consumers = [bench.consumer(10), bench.consumer(10), bench.consumer(10)]
    const producer = bench.producer()
    for (const text of range(5)) producer.send(text, true)
    for (const { received } of consumers) assert.deepEqual(received, range(5))
  })

  it('is released when there is no consumer, and dropped and counted when it was settled', () => {
    const bench = new Bench('multicast')
    const consumer = bench.consumer(10)
    const producer = bench.producer()
    consumer.leave()
    assert.equal(producer.send('a').outcome, RELEASED)
    producer.send('b', true)
    assert.equal(bench.traffic.droppedWithoutConsumer, 1)
    assert.equal(bench.traffic.inFlight, 0)
  })

  const cases: readonly (readonly [given: readonly Outcome[], told: Outcome])[] = [
    [[ACCEPTED, ACCEPTED], ACCEPTED],
    [[RELEASED, ACCEPTED], ACCEPTED],
    [[ACCEPTED, REJECTED], REJECTED],
    [[RELEASED, RELEASED], RELEASED],
    [[RELEASED, MODIFIED], MODIFIED],
    [[MODIFIED, ACCEPTED], ACCEPTED],
  ]
  for (const [given, told] of cases) {
    it(`is ${told.type} when its consumers say ${given.map(({ type }) => type).join(' and ')}`, () => {
      const bench = new Bench('multicast')
      const consumers = given.map(() => bench.consumer(1))
      const delivery = bench.producer().send('m')
      for (const [index, outcome] of given.entries()) {
        assert.equal(delivery.outcome, undefined)
        consumers[index]?.settle('m', outcome)
      }
      assert.equal(delivery.outcome, told)
      assert.equal(bench.traffic.inFlight, 0)
    })
  }

  it('counts a consumer that goes as released when it was not sent, as modified when it was', () => {
    const bench = new Bench('multicast')
    const sent = bench.consumer(1)
    const unsent = bench.consumer(0)
    const delivery = bench.producer().send('m')
    sent.endTurn()
    unsent.leave()
    assert.equal(delivery.outcome, undefined)
    sent.leave()
    assert.deepEqual(delivery.outcome, { type: 'modified', deliveryFailed: true, undeliverableHere: false })
  })
})

describe('a multicast message larger than one consumer takes', () => {
  it('reaches the others, and is rejected', () => {
    const bench = new Bench('multicast')
    const small = bench.consumer(1, { maxMessageSize: 5 })
    const any = bench.consumer(1)
    const delivery = bench.producer().send('larger')
    any.settle('larger', ACCEPTED)
    assert.equal(delivery.outcome?.type, 'rejected')
    assert.deepEqual(small.received, [])
    assert.equal(bench.traffic.inFlight, 0)
  })
})

describe('credit of a multicast producer', () => {
  it('needs one consumer with credit', () => {
    const bench = new Bench('multicast')
    const producer = bench.producer()
    bench.consumer(0)
    assert.equal(producer.credit, 0)
    bench.consumer(1)
    assert.equal(producer.credit, 250)
  })

  it('comes back when the fastest consumer has settled', () => {
    const bench = new Bench('multicast')
    const fast = bench.consumer(1000)
    bench.consumer(0)
    const producer = bench.producer()
    for (const text of range(250)) producer.send(text)
    for (const text of range(250)) fast.settle(text, ACCEPTED)
    assert.ok(producer.credit >= 125, `${producer.credit}`)
  })

  it('is withheld while a slow consumer moves, so that nothing is lost', () => {
    const bench = new Bench('multicast')
    const fast = bench.consumer(100_000)
    const slow = bench.consumer(0)
    const producer = bench.producer()
    let sent = 0
    for (let round = 0; round < 300; round++) {
      while (producer.credit > 0) producer.send(`m${sent++}`, true)
      fast.endTurn()
      slow.grant(10)
    }
    assert.ok(sent > 3000, `${sent} sent`)
    slow.grant(sent)
    assert.equal(slow.received.length, sent)
    assert.equal(fast.received.length, sent)
    assert.equal(bench.traffic.droppedForStalled, 0)
  })
})

describe('subscribers of a connection with many', () => {
  const crowd = (bench: Bench, count: number, credit: number) => {
    const share = new LinkShare(count * 10, 1_000_000)
    return Array.from({ length: count }, () => {
      share.join()
      return bench.consumer(credit, {}, share)
    })
  }

  it('have less granted to producers, as each message takes a place at each of them', () => {
    const bench = new Bench('multicast')
    crowd(bench, 4, 0)
    bench.consumer(100)
    assert.equal(bench.producer().credit, 10)
    assert.equal(bench.producer().credit, 5)
  })

  it('are sent no more than twice what may wait for them, whatever had been granted', () => {
    const bench = new Bench('multicast')
    bench.consumer(1_000)
    const producer = bench.producer()
    assert.equal(producer.credit, 250)
    const [one] = crowd(bench, 4, 0)
    for (const text of range(50)) producer.send(text, true)
    assert.equal(one?.queued, 20)
    assert.equal(bench.traffic.droppedForStalled, 4 * 30)
    for (const consumer of [...bench.address.consumers]) bench.address.removeConsumer(consumer)
  })
})

describe('the payload of a multicast message', () => {
  it('is given up when the last copy has left, or never will', () => {
    const bench = new Bench('multicast')
    const [one, two, three] = [bench.consumer(1), bench.consumer(0), bench.consumer(0)]
    const delivery = bench.producer().send('m')
    one.endTurn()
    two.leave()
    assert.equal(delivery.payload.length, 1)
    three.grant(1)
    assert.equal(delivery.payload.length, 0)
    assert.equal(three.consumer.waitingBytes, 0)
    for (const link of [one, three]) link.settle('m', ACCEPTED)
    assert.equal(delivery.outcome, ACCEPTED)
  })

  it('does not count twice what its producer settles before it knows the outcome', () => {
    const bench = new Bench('multicast')
    const consumer = bench.consumer(1)
    bench.producer().send('m').sentSettled = true
    consumer.endTurn()
    consumer.settle('m', ACCEPTED)
    assert.deepEqual([consumer.consumer.outstanding, bench.traffic.inFlight], [0, 0])
  })
})

describe('a stalled subscriber', () => {
  /** The producer sends as long as it may; between, the watch looks. */
  function sendAll(bench: Bench, count: number, settled: boolean): ReturnType<Bench['consumer']>[] {
    const fast = bench.consumer(1_000_000)
    const stalled = bench.consumer(3)
    const producer = bench.producer()
    const watch = new StallWatch(bench.address.consumers, () => bench.address.grantWaiting())
    for (let sent = 0, looks = 0; sent < count; ) {
      while (producer.credit > 0 && sent < count) producer.send(`m${sent++}`, settled)
      fast.endTurn()
      stalled.endTurn()
      if (!settled) for (const text of fast.received.slice(-250)) trySettle(fast, text)
      if (producer.credit > 0) continue
      watch.check()
      looks += 1
      assert.ok(looks < 4, `the producer has no credit after ${sent}`)
    }
    watch.stop()
    return [fast, stalled]
  }

  function trySettle(link: ReturnType<Bench['consumer']>, text: string): void {
    if (link.submissions.some((one) => one.text === text && one.state === 'sent')) link.settle(text, ACCEPTED)
  }

  it('does not hold up the others, and loses settled messages beyond its bound', () => {
    const bench = new Bench('multicast')
    const [fast, stalled] = sendAll(bench, 3000, true)
    assert.equal(fast?.received.length, 3000)
    stalled?.grant(10_000)
    assert.deepEqual(stalled?.received, range(1003))
    assert.equal(bench.traffic.droppedForStalled, 3000 - 1003)
    assert.equal(stalled?.consumer.stalled, false)
    for (const consumer of bench.address.consumers) bench.address.removeConsumer(consumer)
  })

  it('is detached when unsettled messages reach its bound, and the producer hears of them', async () => {
    const bench = new Bench('multicast')
    const told: string[] = []
    bench.traffic.onStalled = (address, description) => told.push(`${address}: ${description}`)
    const [fast, stalled] = sendAll(bench, 2000, false)
    assert.deepEqual(told, [`${bench.address.name}: 1000 messages of "${bench.address.name}" wait for this receiver`])
    assert.equal(stalled?.detachedWith, 'amqp:resource-limit-exceeded')
    assert.equal(bench.traffic.detachedStalled, 1)
    await Promise.resolve()
    for (const { text } of fast?.submissions ?? []) if (fast) trySettle(fast, text)
    assert.equal(bench.traffic.inFlight, 0)
    assert.equal(bench.traffic.accepted, 2000)
    for (const consumer of bench.address.consumers) bench.address.removeConsumer(consumer)
  })

  it('is counted in bytes too', () => {
    const bench = new Bench('multicast')
    const stalled = bench.consumer(0)
    bench.consumer(1000)
    const producer = bench.producer()
    const large = Buffer.alloc(4 * 1024 * 1024)
    for (let n = 0; n < 4; n++) producer.send(large, true)
    assert.equal(stalled.consumer.full, true)
    stalled.consumer.stalled = true
    producer.send(large, true)
    assert.equal(bench.traffic.droppedForStalled, 1)
    bench.address.removeConsumer(stalled.consumer)
  })
})

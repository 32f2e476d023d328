// Pre-settled messages of slow consumers, where they are dropped as Qpid Dispatch Router drops them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AnycastForwarder } from '../../../src/router/anycast-forwarder.ts'
import { AnycastForwarding } from '../../../src/router/anycast-forwarding.ts'
import { chooseNext } from '../../../src/router/distribution.ts'
import { Bench, FakeDelivery, range } from './fake-links.ts'

class DroppingBench extends Bench {
  dropped = 0

  constructor(distribution: 'balanced' | 'closest' | 'multicast') {
    super(distribution)
    this.address.forwarder.onDropped = () => {
      this.dropped += 1
    }
  }
}

for (const distribution of ['balanced', 'closest'] as const) {
  describe(`settled messages to a slow consumer, dropped (${distribution})`, () => {
    it('are thrown away but for the first whenever 250 wait: of 2000 eight arrive, as there', () => {
      const bench = new DroppingBench(distribution)
      const consumer = bench.consumer(0)
      const producer = bench.producer()
      for (const text of range(2000)) producer.send(text, true)
      assert.equal(bench.dropped, 1992)
      assert.equal(bench.traffic.droppedForSlow, 1992)
      assert.equal(bench.traffic.inFlight, 8)
      consumer.grant(2000)
      assert.deepEqual(consumer.received, ['m0', 'm1993', 'm1994', 'm1995', 'm1996', 'm1997', 'm1998', 'm1999'])
      assert.equal(bench.traffic.inFlight, 0)
    })

    it('give their producer its credit back at once', () => {
      const bench = new DroppingBench(distribution)
      bench.consumer(0)
      const producer = bench.producer()
      assert.equal(producer.credit, 250)
      for (const text of range(1000)) producer.send(text, true)
      assert.ok(producer.credit > 125)
    })

    it('are all delivered as long as there is credit', () => {
      const bench = new DroppingBench(distribution)
      const consumer = bench.consumer(2000)
      const producer = bench.producer()
      for (const text of range(2000)) {
        producer.send(text, true)
        consumer.endTurn()
      }
      assert.equal(consumer.received.length, 2000)
      assert.equal(bench.dropped, 0)
    })

    it('make no room for unsettled ones: those stop their producer at 250, and none is lost', () => {
      const bench = new DroppingBench(distribution)
      const consumer = bench.consumer(0)
      const settled = bench.producer()
      const unsettled = bench.producer()
      const deliveries = range(250).map((text) => unsettled.send(text))
      assert.equal(unsettled.credit, 0)
      for (const text of range(600)) settled.send(`s${text}`, true)
      consumer.grant(1000)
      const held = consumer.received.filter((text) => text.startsWith('m'))
      assert.deepEqual(held, range(250))
      for (const text of held) consumer.settle(text, { type: 'accepted' })
      assert.ok(deliveries.every(({ outcome }) => outcome?.type === 'accepted'))
      assert.equal(bench.traffic.inFlight, 0)
    })

    it('are dropped when the last consumer leaves, and counted as without consumer', () => {
      const bench = new DroppingBench(distribution)
      const consumer = bench.consumer(0)
      const producer = bench.producer()
      for (const text of range(10)) producer.send(text, true)
      consumer.leave()
      assert.equal(bench.traffic.droppedWithoutConsumer, 10)
      assert.equal(bench.traffic.inFlight, 0)
    })

    it('outlive their producer', () => {
      const bench = new DroppingBench(distribution)
      const consumer = bench.consumer(0)
      const producer = bench.producer()
      for (const text of range(10)) producer.send(text, true)
      bench.address.removeProducer(producer.producer)
      consumer.grant(10)
      assert.deepEqual(consumer.received, range(10))
      assert.equal(bench.traffic.inFlight, 0)
    })
  })
}

describe('a settled message that has given its place back', () => {
  it('does so once, however often it waits', () => {
    const bench = new DroppingBench('balanced')
    const { producer } = bench.producer()
    const delivery = new FakeDelivery('m', true)
    const forwarding = new AnycastForwarding(new AnycastForwarder(bench.address, chooseNext), producer, delivery)
    bench.traffic.began()
    producer.holds(delivery)
    let freed = 0
    producer.freed = () => {
      freed += 1
    }
    assert.ok(forwarding.orphan())
    assert.ok(forwarding.orphan())
    forwarding.end({ type: 'released' })
    assert.equal(freed, 1)
    const taken = 64 * 1024 * 1024
    assert.ok(bench.traffic.orphans.take(taken), 'nothing is left in the account of such messages')
  })
})

describe('settled messages to a slow subscriber, dropped (multicast)', () => {
  it('are lost for that one beyond 250, and arrive at the others', () => {
    const bench = new DroppingBench('multicast')
    const slow = bench.consumer(0)
    const quick = bench.consumer(2000)
    const producer = bench.producer()
    for (const text of range(1000)) {
      producer.send(text, true)
      quick.endTurn()
    }
    assert.equal(bench.dropped, 750)
    assert.equal(bench.traffic.droppedForSlow, 750)
    assert.deepEqual(quick.received, range(1000))
    slow.grant(1000)
    assert.deepEqual(slow.received, range(250))
  })

  it('do not stop their producer when there is no other', () => {
    const bench = new DroppingBench('multicast')
    bench.consumer(0)
    assert.equal(bench.producer().credit, 250)
  })
})

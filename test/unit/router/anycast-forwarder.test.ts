import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ACCEPTED, type Outcome, RELEASED } from '../../../src/amqp/index.ts'
import { LinkShare } from '../../../src/router/link-share.ts'
import { Bench, FakeDelivery, range } from './fake-links.ts'

describe('a message whose producer has left before it was looked at', () => {
  it('is held as one of those that nobody is left for: within a bound', () => {
    const bench = new Bench('balanced')
    bench.consumer(0)
    const { producer } = bench.producer()
    bench.address.removeProducer(producer)
    const large = Buffer.alloc(1024 * 1024)
    for (let n = 0; n < 100; n++) bench.address.forwarder.forward(producer, new FakeDelivery(large, true))
    assert.equal(bench.traffic.droppedBeyondLimit, 100 - 64)
    assert.equal(bench.traffic.inFlight, 64)
    bench.address.forwarder.forward(producer, new FakeDelivery('unsettled'))
    assert.equal(bench.traffic.inFlight, 64)
  })
})

describe('credit of a producer', () => {
  it('is not given before a consumer has credit', () => {
    const bench = new Bench('balanced')
    const producer = bench.producer()
    assert.equal(producer.credit, 0)
    const consumer = bench.consumer(0)
    assert.equal(producer.credit, 0)
    consumer.grant(1)
    assert.equal(producer.credit, 250)
  })

  it('is given at once when a consumer with credit is there', () => {
    const bench = new Bench('closest')
    bench.consumer(1)
    assert.equal(bench.producer().credit, 250)
  })

  it('comes back as consumers settle, and half of the window at a time', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1000)
    const producer = bench.producer()
    for (const text of range(125)) producer.send(text)
    assert.equal(producer.credit, 125)
    for (const text of range(124)) consumer.settle(text, ACCEPTED)
    assert.equal(producer.credit, 125)
    consumer.settle('m124', ACCEPTED)
    assert.equal(producer.credit, 250)
  })

  it('stays at the window when a consumer takes everything and settles nothing', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(10_000)
    const producer = bench.producer()
    for (const text of range(250)) producer.send(text)
    consumer.endTurn()
    assert.equal(producer.credit, 0)
  })

  it('is withheld while a consumer has none, and comes when it has some again', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const producer = bench.producer()
    for (const text of range(250)) producer.send(text, true)
    consumer.endTurn()
    assert.equal(producer.credit, 0)
    consumer.grant(200)
    assert.equal(producer.credit, 0, 'some are still held')
    consumer.grant(50)
    assert.ok(producer.credit > 200, `${producer.credit}`)
  })

  it('is withheld while what is held of it is large', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1000)
    const producer = bench.producer()
    const large = range(20).map((text) => text.padEnd(1024 * 1024))
    for (const text of large) producer.send(text)
    for (const text of range(230)) producer.send(text)
    for (const text of range(230)) consumer.settle(text, ACCEPTED)
    assert.equal(producer.credit, 0)
    for (const text of large.slice(0, 5)) consumer.settle(text, ACCEPTED)
    assert.equal(producer.credit, 235)
  })

  it('is a smaller share for each of many producers', () => {
    const bench = new Bench('balanced')
    bench.consumer(1)
    const producers = Array.from({ length: 100 }, () => bench.producer())
    assert.equal(producers[39]?.credit, 250)
    assert.equal(producers[99]?.credit, 100)
  })
})

describe('a message to one of several consumers', () => {
  it('goes to them in turn when closest', () => {
    const bench = new Bench('closest')
    const consumers = [bench.consumer(100), bench.consumer(100), bench.consumer(100)]
    const producer = bench.producer()
    for (const text of range(99)) producer.send(text)
    assert.deepEqual(
      consumers.map(({ received }) => received.length),
      [33, 33, 33],
    )
  })

  it('goes to the one that settles when balanced', () => {
    const bench = new Bench('balanced')
    const slow = bench.consumer(1000)
    const fast = bench.consumer(1000)
    const producer = bench.producer()
    for (const text of range(200)) {
      producer.send(text)
      for (const link of [slow, fast]) link.endTurn()
      if (fast.received.includes(text)) fast.settle(text, ACCEPTED)
    }
    assert.equal(slow.received.length, 1)
    assert.equal(fast.received.length, 199)
  })

  it('goes to the one that has credit', () => {
    const bench = new Bench('balanced')
    const without = bench.consumer(0)
    const one = bench.consumer(1)
    const rest = bench.consumer(10)
    const producer = bench.producer()
    for (const text of range(5)) producer.send(text)
    assert.deepEqual([without.received.length, one.received.length, rest.received.length], [0, 1, 4])
  })

  it('is held in order until somebody has credit', () => {
    const bench = new Bench('closest')
    const consumer = bench.consumer(1)
    const producer = bench.producer()
    for (const text of range(6)) producer.send(text, true)
    consumer.endTurn()
    assert.deepEqual(consumer.received, ['m0'])
    consumer.grant(2)
    consumer.grant(1)
    const another = bench.consumer(10)
    assert.deepEqual(consumer.received, range(4))
    assert.deepEqual(another.received, ['m4', 'm5'])
    assert.equal(bench.traffic.droppedWithoutConsumer, 0)
  })
})

describe('the outcome', () => {
  const outcomes: Outcome[] = [
    ACCEPTED,
    RELEASED,
    { type: 'rejected', error: { condition: 'x:y', description: 'why' } },
    { type: 'modified', deliveryFailed: true, undeliverableHere: true, messageAnnotations: new Map([['a', 1]]) },
  ]
  for (const outcome of outcomes) {
    it(`is the consumer's: ${outcome.type}`, () => {
      const bench = new Bench('balanced')
      const consumer = bench.consumer(1)
      const delivery = bench.producer().send('m')
      consumer.endTurn()
      assert.equal(delivery.outcome, undefined)
      consumer.settle('m', outcome)
      assert.equal(delivery.outcome, outcome)
      assert.equal(bench.traffic[outcome.type], 1)
      assert.equal(bench.traffic.inFlight, 0)
    })
  }

  it('is accepted when the consumer settles without one, unless its source says otherwise', () => {
    const bench = new Bench('closest')
    const producer = bench.producer()
    const plain = bench.consumer(1)
    const first = producer.send('a')
    plain.settle('a', undefined)
    assert.equal(first.outcome, ACCEPTED)
    const careful = bench.consumer(1, { defaultOutcome: RELEASED })
    const second = producer.send('b')
    careful.settle('b', undefined)
    assert.equal(second.outcome, RELEASED)
  })

  it('is accepted as soon as it left for a consumer that takes settled messages only', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1, { presettled: true })
    const delivery = bench.producer().send('m')
    assert.equal(delivery.outcome, undefined)
    consumer.endTurn()
    assert.equal(delivery.outcome, ACCEPTED)
  })

  it('is modified, delivery failed, when the consumer is lost after it was sent', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(2)
    const other = bench.consumer(0)
    const producer = bench.producer()
    const sent = producer.send('sent')
    consumer.endTurn()
    consumer.leave()
    assert.deepEqual(sent.outcome, { type: 'modified', deliveryFailed: true, undeliverableHere: false })
    assert.deepEqual(other.received, [])
  })

  it('is released when it was held and all consumers have gone', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const producer = bench.producer()
    producer.send('first')
    const held = producer.send('held')
    const settled = producer.send('settled', true)
    consumer.endTurn()
    consumer.leave()
    assert.equal(held.outcome, RELEASED)
    assert.equal(settled.outcome, undefined)
    assert.equal(bench.traffic.droppedWithoutConsumer, 0)
  })

  it('waits for the next consumer when it came settled, and so cannot go back', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const producer = bench.producer()
    producer.send('first', true)
    producer.send('held', true)
    consumer.endTurn()
    consumer.leave()
    producer.send('on its way', true)
    const next = bench.consumer(5)
    next.endTurn()
    assert.deepEqual(next.received, ['held', 'on its way'])
    assert.equal(bench.traffic.droppedWithoutConsumer, 0)
    assert.equal(bench.traffic.inFlight, 0)
  })

  it('is dropped and counted when it came settled and nobody is left on either side', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const producer = bench.producer()
    producer.send('first', true)
    producer.send('held', true)
    consumer.endTurn()
    consumer.leave()
    bench.address.removeProducer(producer.producer)
    assert.equal(bench.traffic.droppedWithoutConsumer, 1)
    assert.equal(bench.traffic.inFlight, 0)
  })

  it('is released when all consumers had gone before it came, and no more credit is given', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(10)
    const producer = bench.producer()
    consumer.leave()
    assert.equal(producer.credit, 0)
    const deliveries = range(250).map((text) => producer.send(text))
    assert.ok(deliveries.every(({ outcome }) => outcome === RELEASED))
    assert.equal(producer.credit, 0)
    bench.consumer(1)
    assert.equal(producer.credit, 250)
  })
})

describe('the payload of a message', () => {
  it('is kept for another consumer, and given up as soon as it has left for one', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const producer = bench.producer()
    const sent = producer.send('sent')
    const held = producer.send('held')
    assert.equal(sent.payload.length, 4)
    consumer.endTurn()
    assert.deepEqual([sent.payload.length, held.payload.length], [0, 4])
    consumer.settle('sent', ACCEPTED)
    assert.equal(sent.outcome, ACCEPTED)
  })
})

describe('a consumer of a connection with many', () => {
  it('is given its share, and more when it has settled some', () => {
    const bench = new Bench('balanced')
    const share = new LinkShare(10, 1_000)
    for (let n = 0; n < 2; n++) share.join()
    const consumer = bench.consumer(100, {}, share)
    const producer = bench.producer()
    for (const text of range(8)) producer.send(text)
    assert.deepEqual(consumer.received, range(5))
    consumer.settle('m0', ACCEPTED)
    assert.deepEqual(consumer.received, range(6))
  })
})

describe('a message that waits at a link', () => {
  it('goes to another consumer when the link is lost before it was sent', () => {
    const bench = new Bench('closest')
    const lost = bench.consumer(2)
    const producer = bench.producer()
    lost.credit = 0
    // Its credit was there when it was chosen, its socket was not.
    Object.defineProperty(lost.consumer, 'room', { value: 1, configurable: true })
    const delivery = producer.send('m')
    const settled = producer.send('s', true)
    const other = bench.consumer(5)
    lost.leave()
    other.endTurn()
    assert.deepEqual(other.received, ['m', 's'])
    other.settle('m', ACCEPTED)
    assert.equal(delivery.outcome, ACCEPTED)
    assert.equal(settled.outcome, undefined)
    assert.equal(lost.consumer.outstanding, 0)
    assert.equal(lost.consumer.waitingBytes, 0)
  })

  it('goes to another consumer when the link turns out to be gone', () => {
    const bench = new Bench('closest')
    const gone = bench.consumer(5)
    const other = bench.consumer(5)
    const producer = bench.producer()
    gone.alive = false
    for (const text of range(3)) producer.send(text)
    assert.deepEqual(other.received, range(3))
  })
})

describe('a message larger than its consumer takes', () => {
  it('is rejected, and the consumer gets the next one', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(10, { maxMessageSize: 5 })
    const producer = bench.producer()
    const large = producer.send('larger')
    producer.send('larger', true)
    producer.send('small')
    assert.equal(
      large.outcome?.type === 'rejected' && large.outcome.error?.condition,
      'amqp:link:message-size-exceeded',
    )
    assert.deepEqual(consumer.received, ['small'])
    assert.equal(bench.traffic.droppedTooLarge, 1)
    assert.equal(bench.traffic.inFlight, 1)
  })
})

describe('a producer that settles before it knows the outcome', () => {
  it('has its message counted once', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(2)
    const producer = bench.producer()
    producer.send('m').sentSettled = true
    consumer.endTurn()
    assert.equal(bench.traffic.inFlight, 1)
    consumer.settle('m', ACCEPTED)
    assert.equal(consumer.consumer.outstanding, 0)
    assert.equal(bench.traffic.inFlight, 0)
  })
})

describe('a producer that leaves', () => {
  it('takes its held unsettled messages along, and leaves the settled ones', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const leaving = bench.producer()
    const staying = bench.producer()
    leaving.send('sent')
    leaving.send('unsettled')
    leaving.send('settled', true)
    staying.send('other')
    bench.address.removeProducer(leaving.producer)
    consumer.grant(10)
    assert.deepEqual(consumer.received, ['sent', 'settled', 'other'])
  })

  it('leaves settled messages as far as there is room for those of nobody', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const large = Buffer.alloc(8 * 1024 * 1024)
    bench.producer().send('first', true)
    for (let n = 0; n < 5; n++) {
      const leaving = bench.producer()
      bench.address.forwarder.forward(leaving.producer, new FakeDelivery(large, true))
      bench.address.forwarder.forward(leaving.producer, new FakeDelivery(large, true))
      bench.address.removeProducer(leaving.producer)
    }
    assert.equal(bench.traffic.droppedBeyondLimit, 2)
    consumer.grant(10)
    assert.equal(consumer.received.length, 9)
    assert.equal(bench.traffic.inFlight, 0)
  })

  it('is not told anything any more', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(1)
    const producer = bench.producer()
    const delivery = producer.send('m')
    bench.address.removeProducer(producer.producer)
    consumer.settle('m', ACCEPTED)
    assert.equal(delivery.outcome, undefined)
    assert.equal(bench.traffic.inFlight, 0)
  })
})

describe('a router that ends', () => {
  it('gives no credit any more, and says when nothing is in flight', () => {
    const bench = new Bench('balanced')
    const consumer = bench.consumer(500)
    const producer = bench.producer()
    for (const text of range(200)) producer.send(text)
    let idle = 0
    bench.traffic.draining = true
    bench.traffic.onIdle = () => {
      idle += 1
    }
    for (const text of range(200)) consumer.settle(text, ACCEPTED)
    assert.equal(idle, 1)
    assert.equal(producer.credit, 50)
  })
})

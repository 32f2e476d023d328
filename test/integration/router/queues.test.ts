// Queues over real connections.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery, Receiver } from '../../../src/amqp/index.ts'
import { Bus, message, textOf, texts, until } from './bus.ts'

const QUEUE = 'openstack.org/om/notify/anycast/openstack/notifications.info'

for (const address of [QUEUE, 'unicast.openstack.notifications.info']) {
  describe(`the queue ${address}`, () => {
    it('takes messages without any consumer, and gives them to the next one', async (t) => {
      const bus = await Bus.start(t)
      const sender = await bus.sender({ address })
      for (const text of texts(10)) assert.equal((await sender.send(message(text))).type, 'accepted')
      for (const text of texts(10)) await sender.send(message(text), { settled: true })
      await sender.connection.close()
      await until(() => bus.router.counters.connections === 0)
      assert.equal(bus.router.counters.stored, 20)
      assert.equal(bus.router.counters.addresses, 1)
      const collector = await bus.collector({ address })
      assert.deepEqual(await collector.count(20), [...texts(10), ...texts(10)])
      await until(() => bus.router.counters.stored === 0)
      await collector.receiver.detach()
      await until(() => bus.router.counters.addresses === 0)
    })
  })
}

describe('a queue', () => {
  it('takes what an anonymous sender sends to it', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender({ target: {}, source: { address: 'me' } })
    assert.equal((await sender.send(message('m', QUEUE))).type, 'accepted')
    assert.deepEqual(await (await bus.collector({ address: QUEUE })).count(1), ['m'])
  })

  it('belongs to its virtual host, also when nobody is there', async (t) => {
    const bus = await Bus.start(t)
    for (const hostname of ['one', 'two']) {
      const connection = await bus.connect({ hostname })
      const sender = await bus.sender({ address: QUEUE }, connection)
      await sender.send(message(hostname))
      await connection.close()
    }
    for (const hostname of ['two', 'one']) {
      const collector = await bus.collector({ address: QUEUE }, await bus.connect({ hostname }))
      assert.deepEqual(await collector.count(1), [hostname])
    }
  })

  it('shares its messages among its consumers', async (t) => {
    const bus = await Bus.start(t)
    const collectors = [await bus.collector({ address: QUEUE }), await bus.collector({ address: QUEUE })]
    const sender = await bus.sender({ address: QUEUE })
    await Promise.all(texts(200).map((text) => sender.send(message(text))))
    await until(() => bus.router.counters.stored === 0)
    assert.deepEqual(collectors.flatMap((collector) => collector.texts).sort(), texts(200).sort())
    for (const { texts: got } of collectors) assert.ok(got.length >= 60, `${got.length}`)
  })

  it('delivers in order again what a lost connection had', async (t) => {
    const bus = await Bus.start(t)
    const held: Delivery[] = []
    const lost = await bus.receiver({ address: QUEUE, onDelivery: (delivery) => void held.push(delivery) })
    const sender = await bus.sender({ address: QUEUE })
    await Promise.all(texts(20).map((text) => sender.send(message(text))))
    await until(() => held.length === 20)
    held[3]?.accept()
    await until(() => bus.router.counters.stored === 19)
    lost.connection.abort(new Error('lost'))
    const again: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => {
      again.push(delivery)
      delivery.accept()
    }
    await bus.receiver({ address: QUEUE, onDelivery })
    await until(() => bus.router.counters.stored === 0)
    assert.deepEqual(
      again.map(textOf),
      texts(20).filter((text) => text !== 'm3'),
    )
    for (const { message: received } of again) {
      assert.equal(received.header?.deliveryCount, 1)
      assert.equal(received.header?.firstAcquirer, false)
    }
  })

  for (const settled of [false, true]) {
    it(`gives a consumer of settled messages what it asked for, sent ${settled ? 'settled' : 'unsettled'}`, async (t) => {
      const bus = await Bus.start(t)
      const sender = await bus.sender({ address: QUEUE })
      for (const text of texts(5)) await sender.send(message(text), { settled })
      const received: Delivery[] = []
      const onDelivery = (delivery: Delivery): void => void received.push(delivery)
      await bus.receiver({ address: QUEUE, sndSettleMode: 1, onDelivery })
      await until(() => received.length === 5)
      assert.ok(received.every((delivery) => delivery.settled))
      await until(() => bus.router.counters.stored === 0)
    })
  }

  it('waits for a consumer that settles second', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender({ address: QUEUE })
    await sender.send(message('m'))
    const settledByRouter = new Promise<void>((resolve) => {
      void bus.receiver({
        address: QUEUE,
        rcvSettleMode: 1,
        onDelivery: (delivery) => {
          delivery.onSettledByPeer = resolve
          delivery.accept()
        },
      })
    })
    await settledByRouter
    assert.equal(bus.router.counters.stored, 0)
  })

  it('carries 10 MB messages, and delivers them again', async (t) => {
    const bus = await Bus.start(t)
    const large = Buffer.alloc(10_000_000, 'x')
    const sender = await bus.sender({ address: QUEUE })
    assert.equal((await sender.send({ body: { type: 'data', chunks: [large] } })).type, 'accepted')
    const received: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => {
      received.push(delivery)
      if (received.length === 1) delivery.modify({ deliveryFailed: true })
      else delivery.accept()
    }
    await bus.receiver({ address: QUEUE, onDelivery }, await bus.connect({ maxFrameSize: 4_096 }))
    await until(() => bus.router.counters.stored === 0)
    for (const { message: each } of received) {
      assert.ok(each.body?.type === 'data' && large.equals(each.body.chunks[0] as Buffer))
    }
    assert.equal(received[1]?.message.header?.deliveryCount, 1)
  })

  it('is seen by a receiver with the distribution mode copy, which takes nothing', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender({ address: QUEUE })
    for (const text of texts(3)) await sender.send(message(text))
    const source = { address: QUEUE, distributionMode: 'copy' }
    const browser = await bus.collector({ source })
    await browser.count(3)
    await sender.send(message('m3'))
    assert.deepEqual(await browser.count(4), texts(4))
    assert.equal(bus.router.counters.stored, 4)
    assert.deepEqual(await (await bus.collector({ address: QUEUE })).count(4), texts(4))
  })

  it('lets no expired message out, and keeps none', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender({ address: QUEUE })
    await sender.send({ ...message('short'), header: { ttl: 20 } })
    await sender.send({ ...message('long'), header: { ttl: 60_000 } })
    // Filled from a clock that does not count from 1970 by some clients: it means nothing.
    await sender.send({ ...message('odd'), properties: { absoluteExpiryTime: 2_500_000 } })
    await until(() => bus.router.counters.stored === 2)
    const received: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => void received.push(delivery)
    await bus.receiver({ address: QUEUE, onDelivery })
    await until(() => received.length === 2)
    assert.deepEqual(received.map(textOf), ['long', 'odd'])
    const ttl = received[0]?.message.header?.ttl ?? 0
    assert.ok(ttl > 0 && ttl < 60_000, `${ttl}`)
    assert.equal(bus.router.counters.expired, 1)
  })

  it('that is full gives no credit, and goes on when there is room', async (t) => {
    const bus = await Bus.start(t, { queues: { maxMessages: 100 } })
    const sender = await bus.sender({ address: QUEUE })
    const outcomes = texts(150).map((text) => sender.send(message(text)))
    await until(() => bus.router.counters.stored === 100)
    await bus.connect() // a round trip with the router, after what was sent before
    assert.equal(sender.queued, 50)
    assert.equal(sender.credit, 0)
    const collector = await bus.collector({ address: QUEUE })
    assert.deepEqual(await collector.count(150), texts(150))
    assert.ok((await Promise.all(outcomes)).every(({ type }) => type === 'accepted'))
  })

  it('that is full rejects what an anonymous sender sends to it', async (t) => {
    const bus = await Bus.start(t, { queues: { maxMessages: 2 } })
    const sender = await bus.sender({ target: {}, source: { address: 'me' } })
    for (const text of texts(2)) assert.equal((await sender.send(message(text, QUEUE))).type, 'accepted')
    const outcome = await sender.send(message('m', QUEUE))
    assert.equal(outcome.type === 'rejected' && outcome.error?.condition, 'amqp:resource-limit-exceeded')
    await sender.send(message('m', QUEUE), { settled: true })
    await until(() => bus.router.counters.droppedFull === 1)
  })

  it('ends in order: what consumers have is waited for, nothing more is given', async (t) => {
    const bus = await Bus.start(t, { drainTimeoutMs: 30_000 })
    const held: Delivery[] = []
    const receiver = await bus.receiver({ address: QUEUE, creditWindow: 0, onDelivery: (one) => void held.push(one) })
    const sender = await bus.sender({ address: QUEUE })
    for (const text of texts(3)) await sender.send(message(text))
    receiver.addCredit(1)
    await until(() => held.length === 1)
    const closed = bus.router.close()
    receiver.addCredit(5)
    held[0]?.accept()
    await closed
    assert.equal(held.length, 1)
    assert.equal(bus.router.counters.stored, 2)
  })
})

describe('a receiver that drains a queue', () => {
  async function drainable(bus: Bus, credit: number): Promise<{ receiver: Receiver; received: string[] }> {
    const received: string[] = []
    const onDelivery = (delivery: Delivery): void => {
      received.push(textOf(delivery))
      delivery.accept()
    }
    const receiver = await bus.receiver({ address: QUEUE, creditWindow: 0, onDelivery })
    receiver.addCredit(credit)
    return { receiver, received }
  }

  it('gets its credit back when the queue is empty', async (t) => {
    const bus = await Bus.start(t)
    const { receiver, received } = await drainable(bus, 10)
    await receiver.drain()
    assert.deepEqual([receiver.credit, received], [0, []])
  })

  it('gets the messages first', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender({ address: QUEUE })
    for (const text of texts(3)) await sender.send(message(text))
    const { receiver, received } = await drainable(bus, 10)
    await receiver.drain()
    assert.deepEqual([receiver.credit, received], [0, texts(3)])
  })

  it('gets all of them, also when they are more than the session takes at once', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender({ address: QUEUE })
    const count = 6_000
    await Promise.all(texts(count).map((text) => sender.send(message(text))))
    const { receiver, received } = await drainable(bus, count + 100)
    await receiver.drain()
    assert.equal(receiver.credit, 0)
    assert.deepEqual(received, texts(count))
  })
})

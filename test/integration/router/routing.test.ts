import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery, Outcome } from '../../../src/amqp/index.ts'
import { Bus, message, textOf, texts, until } from './bus.ts'

const ANYCAST = 'openstack.org/om/rpc/anycast/openstack/t'
const UNICAST = 'openstack.org/om/rpc/unicast/openstack/t/s'
const MULTICAST = 'openstack.org/om/rpc/multicast/openstack/t'

describe('the router', () => {
  it('says what it is', async (t) => {
    const bus = await Bus.start(t, { containerId: 'router-1' })
    const { remote } = await bus.connect()
    assert.equal(bus.router.url, `amqp://127.0.0.1:${bus.router.port}`)
    assert.equal(remote.containerId, 'router-1')
    assert.equal(remote.properties.get('product'), 'oslo-messaging-router')
    assert.match(String(remote.properties.get('version')), /^\d+\.\d+/)
    assert.deepEqual(remote.offeredCapabilities, ['ANONYMOUS-RELAY'])
  })

  for (const address of [ANYCAST, UNICAST, 'unicast.openstack.t', 'anything']) {
    it(`shares the messages to ${address} among its consumers`, async (t) => {
      const bus = await Bus.start(t)
      const [one, two] = [await bus.collector({ address }), await bus.collector({ address })]
      const sender = await bus.sender({ address })
      const outcomes = await Promise.all(texts(100).map((text) => sender.send(message(text))))
      assert.ok(outcomes.every(({ type }) => type === 'accepted'))
      assert.deepEqual([...one.texts, ...two.texts].sort(), texts(100).sort())
      assert.ok(one.texts.length >= 30 && two.texts.length >= 30, `${one.texts.length} and ${two.texts.length}`)
    })
  }

  for (const address of [
    MULTICAST,
    'openstack.org/om/notify/multicast/x/t',
    'broadcast.openstack.t.all',
    '/broadcast/t',
  ]) {
    it(`gives every consumer of ${address} each message once`, async (t) => {
      const bus = await Bus.start(t)
      const collectors = [
        await bus.collector({ address }),
        await bus.collector({ address }),
        await bus.collector({ address }),
      ]
      const sender = await bus.sender({ address })
      for (const text of texts(50)) assert.equal((await sender.send(message(text))).type, 'accepted')
      for (const text of texts(50)) await sender.send(message(text), { settled: true })
      for (const collector of collectors) {
        await collector.count(100)
        assert.deepEqual(collector.texts, [...texts(50), ...texts(50)])
      }
    })
  }

  it('forwards the bytes of a message as they came, settled as they came', async (t) => {
    const bus = await Bus.start(t)
    const sent: Delivery[] = []
    await bus.receiver({ address: 'x', onDelivery: (delivery) => void sent.push(delivery) })
    const sender = await bus.sender({ address: 'x' })
    // A header with an expired ttl, an unusually encoded null, a section in a wide form: nothing is looked at.
    const bytes = Buffer.from('005370d0000000070000000340407000000001' + '005377a10568656c6c6f', 'hex')
    sender.submit(bytes, { settled: true, messageFormat: 7 }, { onOutcome: () => {}, onFailed: () => {} })
    await sender.send(bytes, { settled: true })
    await until(() => sent.length === 2)
    assert.deepEqual(sent[0]?.payload, bytes)
    assert.equal(sent[0]?.messageFormat, 7)
    assert.equal(sent[1]?.messageFormat, 0)
    assert.ok(sent.every(({ settled }) => settled))
  })

  it('carries 10 MB messages through small frames, both ways of settling', async (t) => {
    const bus = await Bus.start(t)
    const sizes: number[] = []
    const connection = await bus.connect({ maxFrameSize: 4096 })
    const options = {
      address: 'large',
      onDelivery: (delivery: Delivery) => {
        sizes.push(delivery.payload.length)
        delivery.accept()
      },
    }
    await bus.receiver(options, connection)
    const sender = await bus.sender({ address: 'large' })
    const large = Buffer.alloc(10_000_000, 'x')
    assert.equal((await sender.send({ body: { type: 'data', chunks: [large] } })).type, 'accepted')
    await sender.send({ body: { type: 'data', chunks: [large] } }, { settled: true })
    await until(() => sizes.length === 2)
    assert.ok(sizes.every((size) => size >= large.length))
  })
})

describe('an outcome', () => {
  const cases: Record<string, (delivery: Delivery) => void> = {
    accepted: (delivery) => delivery.accept(),
    rejected: (delivery) => delivery.reject({ condition: 'x:y', description: 'why', info: new Map([['a', 1]]) }),
    released: (delivery) => delivery.release(),
    modified: (delivery) => {
      delivery.modify({ deliveryFailed: true, undeliverableHere: true, messageAnnotations: new Map([['b', 'c']]) })
    },
  }
  for (const [type, onDelivery] of Object.entries(cases)) {
    it(`of a consumer reaches the sender whole: ${type}`, async (t) => {
      const bus = await Bus.start(t)
      await bus.receiver({ address: ANYCAST, onDelivery })
      const sender = await bus.sender({ address: ANYCAST })
      const outcome = await sender.send(message('m'))
      assert.equal(outcome.type, type)
      if (outcome.type === 'rejected') {
        assert.deepEqual(outcome.error, { condition: 'x:y', description: 'why', info: new Map([['a', 1]]) })
      }
      if (outcome.type === 'modified') {
        assert.equal(outcome.undeliverableHere, true)
        assert.deepEqual(outcome.messageAnnotations, new Map([['b', 'c']]))
      }
      assert.equal(bus.router.counters[type as Outcome['type']], 1)
    })
  }

  it('is modified, delivery failed, when the consumer is lost in the middle', async (t) => {
    const bus = await Bus.start(t)
    const connection = await bus.connect()
    await bus.receiver({ address: ANYCAST, onDelivery: () => connection.abort(new Error('lost')) }, connection)
    const sender = await bus.sender({ address: ANYCAST })
    const outcome = await sender.send(message('m'))
    assert.equal(outcome.type, 'modified')
    assert.equal(outcome.type === 'modified' && outcome.deliveryFailed, true)
  })

  it('is modified, delivery failed, when the consumer detaches with the message in hand', async (t) => {
    const bus = await Bus.start(t)
    await bus.receiver({ address: ANYCAST, onDelivery: ({ receiver }) => void receiver.detach() })
    const sender = await bus.sender({ address: ANYCAST })
    assert.equal((await sender.send(message('m'))).type, 'modified')
  })

  it('stays with its sender when the consumers have left, until there is another one', async (t) => {
    const bus = await Bus.start(t)
    const { receiver } = await bus.collector({ address: ANYCAST })
    const sender = await bus.sender({ address: ANYCAST })
    assert.equal((await sender.send(message('a'))).type, 'accepted')
    await receiver.detach()
    await until(() => sender.credit === 0)
    const sent = [sender.send(message('b')), sender.send(message('c'), { settled: true })]
    assert.equal(sender.queued, 2)
    const next = await bus.collector({ address: ANYCAST })
    await Promise.all(sent)
    await until(() => next.texts.length === 2)
    assert.equal(bus.router.counters.droppedWithoutConsumer, 0)
  })

  it('is accepted for a consumer that asked for settled messages', async (t) => {
    const bus = await Bus.start(t)
    let settled: boolean | undefined
    const onDelivery = (delivery: Delivery): void => {
      settled = delivery.settled
    }
    await bus.receiver({ address: ANYCAST, sndSettleMode: 1, onDelivery })
    const sender = await bus.sender({ address: ANYCAST })
    assert.equal((await sender.send(message('m'))).type, 'accepted')
    await until(() => settled !== undefined)
    assert.equal(settled, true)
  })
})

describe('credit', () => {
  it('comes when a consumer has given some, not before', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender({ address: ANYCAST })
    const receiver = await bus.receiver({ address: ANYCAST, creditWindow: 0, onDelivery: (one) => one.accept() })
    const outcome = sender.send(message('m'))
    await bus.connect() // a round trip with the router, after what was sent before
    assert.equal(sender.hadCredit, false)
    receiver.addCredit(1)
    assert.equal((await outcome).type, 'accepted')
    assert.ok(sender.credit >= 125)
  })

  it('is 250 for a sender that finds a consumer', async (t) => {
    const bus = await Bus.start(t)
    await bus.collector({ address: ANYCAST })
    const sender = await bus.sender({ address: ANYCAST })
    await until(() => sender.credit > 0)
    assert.equal(sender.credit, 250)
  })

  it('stops when nobody settles', async (t) => {
    const bus = await Bus.start(t)
    await bus.receiver({ address: ANYCAST, creditWindow: 1000, onDelivery: () => {} })
    const sender = await bus.sender({ address: ANYCAST })
    for (const text of texts(300))
      sender.submit(message(text), { settled: false }, { onOutcome: () => {}, onFailed: () => {} })
    await until(() => bus.router.counters.forwarded === 250)
    await bus.connect()
    assert.equal(sender.queued, 50)
    assert.equal(bus.router.counters.inFlight, 250)
  })

  it('keeps a pre-settled burst of 3000 from a slow consumer, and loses none', async (t) => {
    const bus = await Bus.start(t)
    const received: string[] = []
    const receiver = await bus.receiver({
      address: ANYCAST,
      creditWindow: 0,
      onDelivery: (delivery) => {
        received.push(textOf(delivery))
        setImmediate(() => receiver.addCredit(1))
      },
    })
    receiver.addCredit(2)
    const sender = await bus.sender({ address: ANYCAST })
    await Promise.all(texts(3000).map((text) => sender.send(message(text), { settled: true })))
    await until(() => received.length === 3000)
    assert.deepEqual(received, texts(3000))
  })
})

describe('a stalled multicast subscriber', () => {
  it('does not stall the others, and loses settled messages beyond its bound', async (t) => {
    const bus = await Bus.start(t)
    const stalled = await bus.collector({ address: MULTICAST, creditWindow: 0 })
    const others = [await bus.collector({ address: MULTICAST }), await bus.collector({ address: MULTICAST })]
    const sender = await bus.sender({ address: MULTICAST })
    await Promise.all(texts(3000).map((text) => sender.send(message(text), { settled: true })))
    for (const other of others) assert.deepEqual(await other.count(3000), texts(3000))
    stalled.receiver.addCredit(3000)
    assert.deepEqual(await stalled.count(1000), texts(1000))
    assert.equal(bus.router.counters.droppedForStalled, 2000)
  })

  it('is detached when unsettled messages reach its bound', async (t) => {
    const bus = await Bus.start(t)
    const stalled = await bus.collector({ address: MULTICAST, creditWindow: 0 })
    const other = await bus.collector({ address: MULTICAST })
    const sender = await bus.sender({ address: MULTICAST })
    const outcomes = await Promise.all(texts(2000).map((text) => sender.send(message(text))))
    assert.ok(outcomes.every(({ type }) => type === 'accepted'))
    assert.equal((await stalled.receiver.closed)?.condition, 'amqp:resource-limit-exceeded')
    assert.equal(other.texts.length, 2000)
    assert.equal(bus.router.counters.inFlight, 0)
  })
})

for (const address of [ANYCAST, MULTICAST]) {
  describe(`a receiver of ${address} that wants unsettled deliveries only`, () => {
    it('settles also what came settled, and that counts once', async (t) => {
      const bus = await Bus.start(t)
      const held: Delivery[] = []
      const receiver = await bus.receiver({ address, sndSettleMode: 0, onDelivery: (delivery) => held.push(delivery) })
      const sender = await bus.sender({ address })
      for (const text of texts(3)) await sender.send(message(text), { settled: true })
      await until(() => held.length === 3)
      assert.deepEqual(
        held.map(({ settled }) => settled),
        [false, false, false],
      )
      assert.equal(bus.router.counters.inFlight, 3)
      held[0]?.accept()
      await until(() => bus.router.counters.inFlight < 3)
      assert.equal(bus.router.counters.inFlight, 2)
      receiver.connection.abort(new Error('lost'))
      await until(() => bus.router.counters.consumers === 0)
      assert.equal(bus.router.counters.inFlight, 0)
    })
  })
}

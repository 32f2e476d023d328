// Pools of a queue's consumers, without a network.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ACCEPTED, type ErrorCondition, type LinkRequest, RELEASED, type Source } from '../../../src/amqp/index.ts'
import { Consumer, type ConsumerManners } from '../../../src/router/consumer.ts'
import { MemoryStore } from '../../../src/router/memory-store.ts'
import type { QueueStore, StoreListener } from '../../../src/router/message-store.ts'
import { PooledNodes } from '../../../src/router/pooled-nodes.ts'
import { type FakeClock, useFakeClock } from '../../../src/testing/index.ts'
import { type FakeDelivery, range } from './fake-links.ts'
import { QueueBench, type QueueBenchOptions, QueueOutgoing } from './queue-bench.ts'

const KEPT: Source = { expiryPolicy: 'link-detach', timeout: 60 }

type PoolLink = QueueOutgoing & { readonly consumer: Consumer; readonly source: Source; leave(): void }

/** A bench whose consumers are attached as those of a peer are. */
class PoolBench extends QueueBench {
  readonly nodes = new PooledNodes(this.table)

  refusalOf(address: string, source: Source = KEPT): ErrorCondition | undefined {
    const node = this.nodes.sourceOf(requestOf(address, source))
    return 'refusal' in node ? node.refusal : undefined
  }

  attach(address: string, credit: number, source: Source = KEPT, manners?: ConsumerManners): PoolLink {
    const node = this.nodes.sourceOf(requestOf(address, source))
    if ('refusal' in node) throw new Error(node.refusal.description)
    const link = new QueueOutgoing()
    const consumer = new Consumer(node.address, manners)
    link.onCredit = () => node.address.forwarder.consumerReady(consumer)
    consumer.attached(link)
    node.address.addConsumer(consumer)
    link.grant(credit)
    const leave = (): void => {
      node.address.removeConsumer(consumer)
      link.fail()
      this.nodes.releaseUnused(node.address)
    }
    return Object.assign(link, { consumer, source: node.source, leave })
  }
}

const requestOf = (address: string, source: Source): LinkRequest =>
  ({ role: 'receiver', connection: {}, name: 'link', source: { ...source, address } }) as unknown as LinkRequest

const targetRequestOf = (address: string): LinkRequest =>
  ({ role: 'sender', connection: {}, name: 'link', target: { address } }) as unknown as LinkRequest

function open(t: TestContext, options?: QueueBenchOptions): { readonly bench: PoolBench; readonly clock: FakeClock } {
  const clock = useFakeClock()
  const bench = new PoolBench(options)
  t.after(() => {
    bench.nodes.end()
    clock[Symbol.dispose]()
  })
  return { bench, clock }
}

const outcomes = (deliveries: readonly FakeDelivery[]): unknown[] => deliveries.map(({ outcome }) => outcome?.type)

/** Keeps everybody waiting until it is told. */
class SlowStore extends MemoryStore {
  readonly waiting: StoreListener[] = []
  readonly events: string[] = []

  override queue(_host?: string, address = ''): QueueStore {
    return {
      ...super.queue(),
      add: (_, listener) => void this.waiting.push(listener),
      remove: () => void this.events.push(`remove ${address}`),
      leave: () => void this.events.push(`leave ${address}`),
      forget: () => void this.events.push(`forget ${address}`),
    }
  }
}

describe('a pool of a queue', () => {
  it('gets a copy of each message that is sent from its first attach on, byte for byte as the queue does', (t) => {
    const { bench } = open(t)
    const producer = bench.producer('q')
    producer.send('before')
    const pools = [bench.attach('q::a', 10), bench.attach('q::b', 10)]
    const sent = ['m0', 'm1'].map((text) => producer.send(text))
    for (const pool of pools) assert.deepEqual(pool.received, ['m0', 'm1'])
    assert.deepEqual(outcomes(sent), ['accepted', 'accepted'])
    assert.deepEqual(bench.attach('q', 10, {}).received, ['before', 'm0', 'm1'])
  })

  it('shares its messages among its consumers, and has again what one of them gives back', (t) => {
    const { bench } = open(t)
    const pools = [bench.attach('q::a', 10), bench.attach('q::a', 10), bench.attach('q::b', 10)] as const
    const producer = bench.producer('q')
    for (const text of range(4)) producer.send(text)
    assert.deepEqual([...pools[0].received, ...pools[1].received].sort(), range(4))
    assert.deepEqual(pools[2].received, range(4))
    const text = pools[0].received[0] as string
    pools[0].settle(text, RELEASED)
    const all = [...pools[0].received, ...pools[1].received]
    assert.equal(all.length, 5)
    assert.equal(all.filter((one) => one === text).length, 2)
    assert.equal(pools[2].received.length, 4)
  })

  it('is the only one that gets messages, as long as nobody receives from the queue itself', (t) => {
    const { bench } = open(t)
    const pool = bench.attach('q::a', 10)
    const producer = bench.producer('q')
    producer.send('m0')
    assert.equal(bench.storage.total.messages, 1)
    const own = bench.attach('q', 10, {})
    producer.send('m1')
    assert.deepEqual([pool.received, own.received], [['m0', 'm1'], ['m1']])
    own.leave()
    producer.send('m2')
    assert.deepEqual(bench.attach('q', 10, {}).received, ['m1', 'm2'])
  })

  it('does not make the queue take part for somebody who only looks', (t) => {
    const { bench } = open(t)
    bench.attach('q::a', 10)
    const browser = bench.attach('q', 10, { distributionMode: 'copy' }, { browses: true })
    bench.producer('q').send('m0')
    assert.deepEqual(browser.received, [])
    assert.equal(bench.storage.total.messages, 1)
  })

  it('has its messages while nobody is there', (t) => {
    const { bench } = open(t)
    bench.attach('q::a', 0).leave()
    const producer = bench.producer('q')
    for (const text of range(3)) producer.send(text)
    producer.leave()
    assert.equal(bench.table.size, 2)
    const again = bench.attach('q::a', 10)
    assert.deepEqual(again.received, range(3))
    for (const text of range(3)) again.settle(text, ACCEPTED)
    return Promise.resolve().then(() => assert.equal(bench.table.size, 1))
  })

  it('takes what a sender without an address sends to the queue', (t) => {
    const { bench } = open(t)
    const pool = bench.attach('q::a', 10)
    const route = bench.nodes.routeOf('q')
    assert.ok('forwarder' in route)
    assert.equal(route, bench.table.find('q'))
    bench.producer('q').send('m')
    assert.deepEqual(pool.received, ['m'])
  })

  it('slows the senders of the queue when it is full, and gives them credit again when it has room', (t) => {
    const { bench } = open(t, { queues: { maxMessages: 100 } })
    const fast = bench.attach('q::fast', 1_000)
    const slow = bench.attach('q::slow', 0)
    const producer = bench.producer('q')
    let sent = 0
    const send = (): void => {
      while (producer.credit > 0) {
        assert.equal(producer.send('m').outcome?.type, 'accepted')
        sent += 1
        fast.endTurn()
        fast.settle('m', ACCEPTED)
      }
    }
    send()
    assert.equal(sent, 100)
    slow.grant(100)
    for (let count = 0; count < 40; count += 1) slow.settle('m', ACCEPTED)
    send()
    assert.equal(sent, 140)
    assert.equal(bench.traffic.rejected, 0)
  })

  it('says how much it lets a new sender have, although it has no sender of its own', (t) => {
    const { bench } = open(t, { queues: { maxMessages: 30 } })
    bench.attach('q::a', 0)
    const producers = [bench.producer('q'), bench.producer('q')]
    assert.ok(producers.reduce((sum, { credit }) => sum + credit, 0) <= 30)
  })

  it('expires with what it holds when it had no consumer for its time', async (t) => {
    const { bench, clock } = open(t)
    const expired: unknown[] = []
    bench.traffic.onPoolExpired = (...what) => expired.push(what)
    const first = bench.attach('q::a', 0)
    assert.deepEqual([first.source.expiryPolicy, first.source.timeout], ['link-detach', 60])
    first.leave()
    const producer = bench.producer('q')
    for (const text of range(3)) producer.send(text)
    await clock.advance(59_000)
    const second = bench.attach('q::a', 0, { expiryPolicy: 'link-detach', timeout: 10 })
    await clock.advance(100_000)
    second.leave()
    await clock.advance(9_000)
    assert.deepEqual(expired, [])
    await clock.advance(1_100)
    assert.deepEqual(expired, [['q::a', 3]])
    assert.equal(bench.traffic.droppedWithPool, 3)
    assert.equal(bench.storage.total.messages, 0)
    producer.send('kept by the queue itself')
    assert.equal(bench.storage.total.messages, 1)
    assert.equal(bench.table.find('q::a'), undefined)
  })

  it('goes with its last consumer where no time is said, and with what that had', async (t) => {
    const { bench, clock } = open(t)
    const pool = bench.attach('q::a', 1, {})
    const producer = bench.producer('q')
    for (const text of range(2)) producer.send(text)
    producer.leave()
    pool.leave()
    await clock.advance(1)
    assert.equal(bench.table.size, 0)
    assert.equal(bench.traffic.droppedWithPool, 2)
  })

  it('is there for 30 days at most, whatever is said', (t) => {
    const { bench } = open(t)
    const days = 30 * 86_400
    assert.equal(bench.attach('q::a', 0, { expiryPolicy: 'link-detach', timeout: 4_000_000_000 }).source.timeout, days)
    assert.equal(bench.attach('q::a', 0, { expiryPolicy: 'never' }).source.timeout, days)
  })

  it('that expires is forgotten by its store after what was just being stored', async (t) => {
    const store = new SlowStore()
    const { bench, clock } = open(t, { store })
    bench.attach('q::a', 0).leave()
    const sent = bench.producer('q').send('m')
    await clock.advance(61_000)
    assert.deepEqual(store.events, ['leave q::a'])
    for (const listener of store.waiting) listener.onStored()
    assert.equal(sent.outcome?.type, 'accepted')
    assert.deepEqual(store.events, ['leave q::a', 'remove q::a', 'forget q::a'])
    assert.deepEqual([bench.traffic.droppedWithPool, bench.storage.total.messages], [1, 0])
  })

  it('that expires gives up what its dead-letter address does not take', async (t) => {
    const { bench, clock } = open(t, {
      rules: [
        { pattern: 'q', distribution: 'queue', queue: { deadLetter: 'broadcast.dead' } },
        { prefix: 'broadcast', distribution: 'multicast' },
      ],
    })
    const pool = bench.attach('q::a', 1)
    bench.producer('q').send('m')
    pool.settle('m', { type: 'rejected' })
    assert.equal(bench.storage.total.messages, 1)
    pool.leave()
    await clock.advance(61_000)
    assert.deepEqual([bench.storage.total.messages, bench.traffic.droppedUndeliverable], [0, 1])
  })

  it('that expires full lets the senders of the queue go on', async (t) => {
    const { bench, clock } = open(t, { queues: { maxMessages: 10 } })
    bench.attach('q::a', 0).leave()
    const producer = bench.producer('q')
    while (producer.credit > 0) producer.send('m')
    await clock.advance(61_000)
    assert.ok(producer.credit > 0)
  })

  it('counts as an address', (t) => {
    const { bench } = open(t, { maxAddresses: 2 })
    bench.attach('q::a', 0)
    bench.attach('q::b', 0)
    assert.equal(bench.refusalOf('q::c')?.condition, 'amqp:resource-limit-exceeded')
  })

  it('is one of 256 of its queue at most', (t) => {
    const { bench } = open(t)
    for (let n = 0; n < 256; n += 1) bench.attach(`q::${n}`, 0)
    const refused = bench.refusalOf('q::more')
    assert.deepEqual(
      [refused?.condition, refused?.description],
      ['amqp:resource-limit-exceeded', 'an address may have 256 pools'],
    )
    assert.equal(bench.refusalOf('q::7'), undefined)
    assert.equal(bench.refusalOf('q.other::more'), undefined)
  })

  it('has the options of the rule of its queue', (t) => {
    const { bench } = open(t, { rules: [{ pattern: 'q.small', distribution: 'queue', queue: { maxMessages: 5 } }] })
    bench.attach('q.small::a', 0)
    const producer = bench.producer('q.small')
    let sent = 0
    for (; producer.credit > 0; sent += 1) producer.send('m')
    assert.equal(sent, 5)
  })

  it('gives no dead letters to the queue that they would come back from', (t) => {
    const { bench } = open(t, { queues: { deadLetter: 'q' } })
    const pool = bench.attach('q::a', 1)
    bench.producer('q').send('m')
    pool.settle('m', { type: 'rejected' })
    assert.equal(bench.traffic.droppedUndeliverable, 1)
    assert.equal(bench.storage.total.messages, 0)
  })

  it('is nothing that anybody can send to', (t) => {
    const { bench } = open(t)
    bench.attach('q::a', 0)
    for (const name of ['q::a', 'q::never-attached']) {
      const node = bench.nodes.targetOf(targetRequestOf(name))
      assert.equal('refusal' in node ? node.refusal.condition : undefined, 'amqp:not-allowed', name)
      const route = bench.nodes.routeOf(name)
      assert.ok('type' in route && route.type === 'rejected', name)
      assert.equal(route.error?.condition, 'amqp:not-allowed')
    }
  })

  it('needs a name', (t) => {
    const { bench } = open(t)
    assert.equal(bench.refusalOf('q::')?.condition, 'amqp:invalid-field')
  })
})

describe('an address that is no queue', () => {
  it('has no pools, and says so to whoever wants one that outlives its link', (t) => {
    const { bench } = open(t)
    const refused = bench.refusalOf('broadcast.x::a')
    assert.equal(refused?.condition, 'amqp:not-allowed')
    assert.match(refused?.description ?? '', /"broadcast.x" is no queue here \(distribution: multicast\).*a rule with/)
    assert.equal(bench.table.size, 0)
  })

  it('may have :: in its name, as that of a server at an IPv6 address', (t) => {
    const { bench } = open(t)
    const name = 'openstack.org/om/rpc/unicast/openstack/topic/fe80::1'
    const server = bench.attach(name, 10, {})
    assert.equal(server.consumer.address.name, name)
    const node = bench.nodes.targetOf(targetRequestOf(name))
    assert.ok('address' in node && node.address === server.consumer.address)
    assert.equal(bench.nodes.canonical(name), name)
    assert.equal(bench.nodes.canonical('q::a'), 'q')
  })
})

// Pools of a queue's consumers over real connections.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Delivery, ReceiverOptions } from '../../../src/amqp/index.ts'
import { type RouterLogEntry, setUserPassword } from '../../../src/router/index.ts'
import { useFakeClock } from '../../../src/testing/index.ts'
import { Bus, message, textOf, texts, until } from './bus.ts'

const QUEUE = 'openstack.org/om/notify/anycast/openstack/notifications.info'

const poolOf = (pool: string, queue = QUEUE, timeout = 60): ReceiverOptions => ({
  source: { address: `${queue}::${pool}`, expiryPolicy: 'link-detach', timeout },
})

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'omsg-pools-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

for (const queue of [QUEUE, 'unicast.openstack.notifications.info']) {
  describe(`pools of ${queue}`, () => {
    it('get each message once, as do the consumers without a pool', async (t) => {
      const bus = await Bus.start(t)
      const billing = [await bus.collector(poolOf('billing', queue)), await bus.collector(poolOf('billing', queue))]
      const audit = await bus.collector(poolOf('audit', queue))
      const none = await bus.collector({ address: queue })
      const sender = await bus.sender({ address: queue })
      const sent = await Promise.all(texts(100).map((text) => sender.send(message(text))))
      assert.ok(sent.every(({ type }) => type === 'accepted'))
      await until(() => bus.router.counters.stored === 0)
      assert.deepEqual(billing.flatMap((collector) => collector.texts).sort(), texts(100).sort())
      assert.deepEqual([audit.texts, none.texts], [texts(100), texts(100)])
      assert.equal(bus.router.counters.received, 100)
      assert.equal(bus.router.counters.forwarded, 300)
    })
  })
}

describe('a pool', () => {
  it('is told of in the answer to its attach, with the time that it has', async (t) => {
    const bus = await Bus.start(t)
    const { remoteSource } = await bus.receiver(poolOf('a', QUEUE, 4_000_000_000))
    assert.deepEqual(
      [remoteSource?.address, remoteSource?.expiryPolicy, remoteSource?.timeout],
      [`${QUEUE}::a`, 'link-detach', 30 * 86_400],
    )
  })

  it('has again what one of its consumers released, or had when it was lost', async (t) => {
    const bus = await Bus.start(t)
    const other = await bus.collector(poolOf('other'))
    const held: Delivery[] = []
    const lost = await bus.receiver({ ...poolOf('a'), onDelivery: (delivery) => void held.push(delivery) })
    const sender = await bus.sender({ address: QUEUE })
    await Promise.all(texts(5).map((text) => sender.send(message(text))))
    await until(() => held.length === 5)
    held[0]?.accept()
    held[1]?.release()
    await until(() => held.length === 6)
    assert.equal(textOf(held[5] as Delivery), 'm1')
    lost.connection.abort(new Error('lost'))
    const again = await bus.collector(poolOf('a'))
    assert.deepEqual(await again.count(4), texts(5).slice(1))
    assert.deepEqual(other.texts, texts(5))
  })

  it('slows a sender that another pool could follow, and loses nothing', async (t) => {
    const bus = await Bus.start(t, { queues: { maxMessages: 50 } })
    const fast = await bus.collector(poolOf('fast'))
    const slow = await bus.receiver({ ...poolOf('slow'), creditWindow: 0 })
    const sender = await bus.sender({ address: QUEUE })
    let sent = 0
    const sends = texts(120).map(async (text) => {
      const { type } = await sender.send(message(text))
      sent += 1
      return type
    })
    await until(() => sent === 50)
    await until(() => fast.texts.length === 50)
    assert.equal(sender.credit, 0)
    slow.addCredit(1_000)
    const texted: string[] = []
    void (async () => {
      for await (const delivery of slow) {
        texted.push(textOf(delivery))
        delivery.accept()
      }
    })()
    assert.ok((await Promise.all(sends)).every((type) => type === 'accepted'))
    await until(() => texted.length === 120)
    assert.deepEqual([texted, await fast.count(120)], [texts(120), texts(120)])
  })

  it('expires after its time without a consumer, with what it holds, which is logged and counted', async (t) => {
    const entries: RouterLogEntry[] = []
    const bus = await Bus.start(t, { log: (entry) => void entries.push(entry) })
    const clock = useFakeClock()
    t.after(() => clock[Symbol.dispose]())
    const receiver = await bus.receiver({ ...poolOf('a'), creditWindow: 0 })
    await receiver.detach()
    await until(() => bus.router.counters.consumers === 0)
    const sender = await bus.sender({ address: QUEUE })
    await sender.send(message('m'))
    await clock.advance(59_000)
    assert.deepEqual([bus.router.counters.stored, bus.router.counters.addresses], [1, 2])
    await clock.advance(2_000)
    const { stored, addresses, droppedWithPool } = bus.router.counters
    assert.deepEqual([stored, addresses, droppedWithPool], [0, 1, 1])
    const [expired] = entries.filter(({ event }) => event === 'pool.expired')
    assert.deepEqual([expired?.level, expired?.address, expired?.count], ['warning', `${QUEUE}::a`, 1])
    assert.match(expired?.message ?? '', /::a" has expired, with a message/)
  })

  it('is there again with its messages after a restart on a store, also when it is empty', async (t) => {
    const store = join(await folder(t), 'store')
    const first = await Bus.start(t, { store })
    await first.receiver({ ...poolOf('full'), creditWindow: 0 })
    await first.collector(poolOf('empty'))
    const sender = await first.sender({ address: QUEUE })
    for (const text of texts(3)) await sender.send(message(text))
    await until(() => first.router.counters.stored === 3)
    await first.router.close()

    const second = await Bus.start(t, { store })
    assert.deepEqual([second.router.counters.stored, second.router.counters.addresses], [3, 2])
    await (await second.sender({ address: QUEUE })).send(message('later'))
    assert.equal(second.router.counters.stored, 5)
    const full = await second.collector(poolOf('full'))
    const empty = await second.collector(poolOf('empty'))
    assert.deepEqual(await full.count(4), [...texts(3), 'later'])
    assert.deepEqual(await empty.count(1), ['later'])
    await second.router.close()
  })

  it('that nobody comes back to expires after a restart as well', async (t) => {
    const store = join(await folder(t), 'store')
    const first = await Bus.start(t, { store })
    await first.receiver({ ...poolOf('a'), creditWindow: 0 })
    await (await first.sender({ address: QUEUE })).send(message('m'))
    await first.router.close()
    const clock = useFakeClock()
    t.after(() => clock[Symbol.dispose]())
    const second = await Bus.start(t, { store })
    await clock.advance(59_000)
    assert.equal(second.router.counters.stored, 1)
    await clock.advance(2_000)
    assert.deepEqual([second.router.counters.stored, second.router.counters.droppedWithPool], [0, 1])
    await second.router.close()
    const third = await Bus.start(t, { store })
    assert.equal(third.router.counters.addresses, 0)
  })

  it('leaves nothing in the store when it expires while messages come', async (t) => {
    const store = join(await folder(t), 'store')
    const first = await Bus.start(t, { store })
    const sender = await first.sender({ address: QUEUE })
    const kept = await first.receiver({ ...poolOf('kept'), creditWindow: 0 })
    for (let round = 0; round < 5; round += 1) {
      const short = await first.receiver({ ...poolOf('short', QUEUE, 0), creditWindow: 0 })
      const sends = texts(100).map((text) => sender.send(message(text)))
      await sends[0]
      await short.detach()
      await Promise.all(sends)
      await until(() => first.router.counters.addresses === 2)
    }
    assert.equal(kept.isAttached, true)
    await until(() => first.router.counters.stored === 500)
    assert.ok(first.router.counters.droppedWithPool > 0)
    await first.router.close()
    const second = await Bus.start(t, { store })
    assert.deepEqual([second.router.counters.stored, second.router.counters.addresses], [500, 1])
  })

  it('may be received from by whoever may receive from its queue, and by nobody else', async (t) => {
    const users = join(await folder(t), 'users.json')
    await setUserPassword(users, 'alice', 'correct horse')
    const file = JSON.parse(await readFile(users, 'utf8'))
    file.users.alice.access = { send: ['unicast.#.info'], receive: ['unicast.openstack.a.info'] }
    await writeFile(users, JSON.stringify(file))
    const bus = await Bus.start(t, { users })
    const connection = await bus.connect({ sasl: { username: 'alice', password: 'correct horse' } })
    const allowed = await bus.collector(poolOf('p', 'unicast.openstack.a.info'), connection)
    const refused = { condition: 'amqp:unauthorized-access' }
    await assert.rejects(bus.receiver(poolOf('p', 'unicast.openstack.b.info'), connection), refused)
    await assert.rejects(bus.receiver(poolOf('a.info', 'unicast.openstack.b.info'), connection), refused)
    const sender = await bus.sender({ address: 'unicast.openstack.a.info' }, connection)
    await sender.send(message('m'))
    assert.deepEqual(await allowed.count(1), ['m'])
  })

  it('takes no messages itself, and is refused where its address is no queue', async (t) => {
    const bus = await Bus.start(t)
    const notAllowed = { condition: 'amqp:not-allowed' }
    await bus.receiver(poolOf('a'))
    await assert.rejects(bus.sender({ address: `${QUEUE}::a` }), notAllowed)
    await assert.rejects(bus.receiver(poolOf('a', 'broadcast.x')), notAllowed)
    const anonymous = await bus.sender({ target: {}, source: { address: 'me' } })
    const outcome = await anonymous.send(message('m', `${QUEUE}::a`))
    assert.equal(outcome.type === 'rejected' ? outcome.error?.condition : outcome.type, 'amqp:not-allowed')
    assert.equal((await anonymous.send(message('m', QUEUE))).type, 'accepted')
    assert.equal(bus.router.counters.forwarded, 1)
  })

  it('belongs to its virtual host', async (t) => {
    const bus = await Bus.start(t)
    const [one, two] = [await bus.connect({ hostname: 'one' }), await bus.connect({ hostname: 'two' })]
    await bus.receiver({ ...poolOf('a'), creditWindow: 0 }, one)
    await (await bus.sender({ address: QUEUE }, two)).send(message('m'))
    assert.equal(bus.router.counters.stored, 1)
    assert.deepEqual(await (await bus.collector({ address: QUEUE }, two)).count(1), ['m'])
  })
})

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { ACCEPTED, type Outcome, RELEASED } from '../../../src/amqp/index.ts'
import { openDatabase } from '../../../src/router/level-database.ts'
import { LevelStore, openLevelStore } from '../../../src/router/level-store.ts'
import { type FakeDelivery, range } from './fake-links.ts'
import { QueueBench, type QueueProducer, textMessage } from './queue-bench.ts'

const FAILED: Outcome = { type: 'modified', deliveryFailed: true }

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'omsg-store-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return join(path, 'store')
}

/** A router's queues on a store, as they are after a start. */
async function start(path: string): Promise<QueueBench> {
  return await restored(await openLevelStore(path))
}

async function restored(store: LevelStore): Promise<QueueBench> {
  const bench = new QueueBench({ store })
  for (const queue of await store.load()) bench.table.restoreQueue(queue.address).restore(queue)
  return bench
}

async function stored(deliveries: readonly FakeDelivery[]): Promise<void> {
  while (deliveries.some(({ outcome }) => outcome === undefined)) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(deliveries.every(({ outcome }) => outcome === ACCEPTED))
}

const publish = (producer: QueueProducer, texts: readonly string[]): Promise<void> =>
  stored(texts.map((text) => producer.send(text)))

describe('a durable store', () => {
  it('has the messages again after a restart, in their order and with what had become of them', async (t) => {
    const path = await directory(t)
    const first = await start(path)
    await publish(first.producer('q.a'), range(5))
    await publish(first.producer('q.b'), ['other'])
    const consumer = first.consumer(3, {}, 'q.a')
    consumer.settle('m0', ACCEPTED)
    consumer.settle('m1', FAILED)
    consumer.settle('m2', RELEASED)
    consumer.leave()
    await Promise.resolve()
    await first.storage.close()

    const second = await start(path)
    assert.equal(second.storage.total.messages, 5)
    assert.equal(second.table.size, 2)
    const again = second.consumer(10, {}, 'q.a')
    assert.deepEqual(again.received, ['m1', 'm2', 'm3', 'm4'])
    assert.deepEqual(
      again.received.map((text) => [again.header(text)?.deliveryCount, again.header(text)?.firstAcquirer]),
      [
        [1, false],
        [0, false],
        [0, true],
        [0, true],
      ],
    )
    assert.deepEqual(second.consumer(1, {}, 'q.b').received, ['other'])
    await second.storage.close()
  })

  it('has pools again, also empty ones, with the time that each may be there without a consumer', async (t) => {
    const path = await directory(t)
    const first = await openLevelStore(path)
    await first.load()
    const pool = first.queue('', 'q::a')
    pool.declare(60)
    pool.declare(90)
    first.queue('', 'q::b').declare(0)
    await first.close()
    const second = await openLevelStore(path)
    const found = await second.load()
    assert.deepEqual(
      found.map(({ address, poolTimeoutS, messages }) => [address, poolTimeoutS, messages.length]),
      [
        ['q::a', 90, 0],
        ['q::b', 0, 0],
      ],
    )
    second.queue('', 'q::b').forget()
    await second.close()
    const third = await openLevelStore(path)
    assert.deepEqual(
      (await third.load()).map(({ address }) => address),
      ['q::a'],
    )
    await third.close()
  })

  it('has nothing left of what was consumed', async (t) => {
    const path = await directory(t)
    const first = await start(path)
    const producer = first.producer()
    await publish(producer, range(10))
    const consumer = first.consumer(10)
    consumer.settle('m0', FAILED)
    consumer.grant(1)
    for (const text of range(10)) consumer.settle(text, ACCEPTED)
    producer.leave()
    consumer.leave()
    assert.equal(first.table.size, 0)
    await first.storage.close()
    const database = await openDatabase(path)
    const keys: string[] = []
    for await (const [key] of database.iterator({ gte: '', lt: '\uffff' })) keys.push(key)
    await database.close()
    assert.deepEqual(keys, ['format'])
  })

  it('goes on counting where it was, so that no message takes the place of another', async (t) => {
    const path = await directory(t)
    const first = await start(path)
    await publish(first.producer(), range(3))
    const consumer = first.consumer(3)
    for (const text of range(3)) consumer.settle(text, ACCEPTED)
    await first.storage.close()
    const second = await start(path)
    await publish(second.producer(), ['new'])
    await second.storage.close()
    const third = await start(path)
    const last = third.consumer(1)
    assert.deepEqual(last.received, ['new'])
    assert.equal(last.header('new')?.firstAcquirer, true)
    await third.storage.close()
  })

  it('keeps messages in their own format, with annotations, and with what is left of their ttl', async (t) => {
    const path = await directory(t)
    const first = await start(path)
    const producer = first.producer()
    const annotated = producer.send({ ...textMessage('annotated', { ttl: 60_000 }) })
    await stored([annotated])
    const consumer = first.consumer(1)
    consumer.settle('annotated', { type: 'modified', messageAnnotations: new Map([['x-opt-a', 'a']]) })
    consumer.leave()
    await first.storage.close()
    const second = await start(path)
    const again = second.consumer(1)
    assert.deepEqual(again.messages[0]?.messageAnnotations, new Map([['x-opt-a', 'a']]))
    const ttl = again.header('annotated')?.ttl ?? 0
    assert.ok(ttl > 0 && ttl <= 60_000, `${ttl}`)
    await second.storage.close()
  })

  it('does not have again what has expired while no router ran', async (t) => {
    const path = await directory(t)
    const first = await start(path)
    const producer = first.producer()
    await stored([producer.send(textMessage('short', { ttl: 40 })), producer.send('long')])
    await first.storage.close()
    await new Promise((resolve) => setTimeout(resolve, 60))
    const second = await start(path)
    assert.deepEqual(second.consumer(5).received, ['long'])
    assert.equal(second.traffic.expired, 1)
    await second.storage.close()
  })

  it('accepts a message when it is written, and delivers it then', async (t) => {
    const path = await directory(t)
    const bench = await start(path)
    const consumer = bench.consumer(1)
    const delivery = bench.producer().send('m')
    assert.equal(delivery.outcome, undefined)
    assert.deepEqual(consumer.received, [])
    await stored([delivery])
    assert.deepEqual(consumer.received, ['m'])
    await bench.storage.close()
  })

  it('keeps virtual hosts apart', async (t) => {
    const path = await directory(t)
    const store = await openLevelStore(path)
    assert.notEqual(store.queue('a', 'q'), store.queue('b', 'q'))
    assert.equal(store.queue('a', 'q'), store.queue('a', 'q'))
    await store.close()
  })
})

describe('a durable store whose router was killed', () => {
  it('counts a delivery for what consumers had been given, and forgets nothing', async (t) => {
    const path = await directory(t)
    await (await openLevelStore(path)).close()
    const database = await openDatabase(path)
    const first = await restored(new LevelStore(database, 'the store'))
    const producer = first.producer()
    await publish(producer, range(4))
    const consumer = first.consumer(2)
    consumer.settle('m0', RELEASED)
    // What nobody waits for is written with what somebody waits for, at the latest.
    await publish(producer, ['m4'])
    await database.close()

    const second = await start(path)
    const again = second.consumer(10)
    assert.deepEqual(again.received, range(5))
    assert.deepEqual(
      again.received.map((text) => [again.header(text)?.deliveryCount, again.header(text)?.firstAcquirer]),
      [
        [1, false],
        [1, false],
        [0, true],
        [0, true],
        [0, true],
      ],
    )
    await second.storage.close()
  })
})

describe('opening a store', () => {
  it('makes its directory, for nobody but its user', async (t) => {
    const path = await directory(t)
    await (await openLevelStore(path)).close()
    assert.equal((await stat(path)).mode & 0o777, 0o700)
    assert.ok((await readdir(path)).includes('CURRENT'))
  })

  it('fails when another router uses it', async (t) => {
    const path = await directory(t)
    const store = await openLevelStore(path)
    await assert.rejects(openLevelStore(path), {
      name: 'RouterStoreError',
      code: 'ROUTER_STORE',
      message: `the message store ${path} is in use by another router`,
    })
    await store.close()
  })

  it('fails for a directory of something else, and leaves that alone', async (t) => {
    const path = await directory(t)
    await mkdir(path)
    await writeFile(join(path, 'letter.txt'), 'dear')
    await assert.rejects(openLevelStore(path), { code: 'ROUTER_STORE', message: /it holds "letter\.txt"$/ })
    assert.deepEqual(await readdir(path), ['letter.txt'])
  })

  it('fails for a file, for a database of something else, and for a later format', async (t) => {
    const path = await directory(t)
    await writeFile(path, '')
    await assert.rejects(openLevelStore(path), { code: 'ROUTER_STORE', message: /cannot be opened/ })
    await rm(path)
    const put = async (key: string, value: string): Promise<void> => {
      const database = await openDatabase(path)
      await database.batch([{ type: 'put', key, value: Buffer.from(value) }], { sync: true })
      await database.close()
    }
    await put('user:1', 'ada')
    await assert.rejects(openLevelStore(path), { code: 'ROUTER_STORE', message: /no message store of a router/ })
    await put('format', '2')
    await assert.rejects(openLevelStore(path), { code: 'ROUTER_STORE', message: /expected format 1, found 2/ })
  })

  it('names the package when it is missing, or cannot be loaded', async (t) => {
    const path = await directory(t)
    const missing = Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })
    await assert.rejects(
      openDatabase(path, () => Promise.reject(missing)),
      {
        code: 'ROUTER_STORE',
        message: /the package classic-level, which is not installed: npm install classic-level@3/,
      },
    )
    await assert.rejects(
      openDatabase(path, () => Promise.reject(new Error('wrong architecture'))),
      { code: 'ROUTER_STORE', message: /which cannot be loaded, Error: wrong architecture/ },
    )
  })

  it('fails for records that cannot be read', async (t) => {
    const path = await directory(t)
    for (const [key, value] of [
      ['q/00000000000000', 'no json'],
      ['q/00000000000000', '[1]'],
      ['m/00000000000007/00000000000000', 'of no queue'],
    ] as const) {
      await (await openLevelStore(path)).close()
      const database = await openDatabase(path)
      await database.batch([{ type: 'put', key, value: Buffer.from(value) }], { sync: true })
      await database.close()
      const store = await openLevelStore(path)
      await assert.rejects(store.load(), { code: 'ROUTER_STORE', message: /cannot be read/ })
      await store.close()
      await rm(path, { recursive: true })
    }
  })
})

// RabbitMQ 3 with its AMQP 1.0 plugin. The driver knows it by its name: no options are needed.

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import {
  createTransport,
  listenForNotifications,
  Notifier,
  RemoteError,
  RpcClient,
  type RpcServer,
  serveRpc,
  type Transport,
} from '../../src/index.ts'
import { siege } from '../support/notify-siege.ts'
import { noRabbitMq } from '../support/rabbitmq-edition.ts'
import { RabbitMq } from '../support/rabbitmq-server.ts'
import { Random } from '../support/random.ts'
import { SEED } from '../support/seed.ts'

const EVENTS = 50_000
/** Long enough for everything that should succeed. */
const WAIT = { timeoutMs: 20_000 }
const SERVERS = ['one', 'two', 'three'] as const

describe('RabbitMQ 3', { skip: noRabbitMq }, () => {
  let rabbit: RabbitMq
  const transports: Transport[] = []
  const servers: RpcServer[] = []
  /** By server: what it was told. */
  const told: string[] = []
  let onTold = (): void => {}

  const open = (options: Record<string, unknown> = {}): Transport => {
    const transport = createTransport(`amqp://127.0.0.1:${rabbit.port}`, { options })
    transports.push(transport)
    return transport
  }

  before(async () => {
    rabbit = await RabbitMq.start()
    for (const server of SERVERS) {
      const endpoint = {
        echo: (_: object, { value }: { value: unknown }) => value,
        who: () => server,
        fail: () => {
          throw new RangeError('žluťoučký')
        },
        note: (_: object, { value }: { value: string }) => {
          told.push(`${server} ${value}`)
          onTold()
        },
      }
      servers.push(await serveRpc(open(), { topic: 'compute', server }, [endpoint]))
    }
  })
  after(async () => {
    for (const server of servers) await server.stop()
    for (const transport of transports) await transport.close()
    await rabbit?.stop()
  })

  /** Resolves when so many were told of `value`. */
  const toldOf = async (value: string, count: number): Promise<string[]> => {
    for (;;) {
      const those = told.filter((line) => line.endsWith(` ${value}`))
      if (those.length >= count) return those
      await new Promise<void>((resolve) => {
        onTold = resolve
      })
    }
  }

  it('answers calls to a group and to one server, with values and errors', async () => {
    const client = new RpcClient(open(), { topic: 'compute' }, WAIT)
    assert.deepEqual(await client.call({}, 'echo', { value: ['é €', 9007199254740993n, null] }), [
      'é €',
      9007199254740993n,
      null,
    ])
    for (const server of SERVERS) assert.equal(await client.prepare({ server }).call({}, 'who', {}), server)
    await assert.rejects(client.call({}, 'fail', {}), (error) => {
      assert.ok(error instanceof RemoteError)
      assert.match(error.message, /žluťoučký/)
      return true
    })
    const large = 'x'.repeat(1_000_000)
    assert.equal(await client.call({}, 'echo', { value: large }), large)
  })

  it('answers 64 callers at a time', async () => {
    const clients = Array.from({ length: 4 }, () => new RpcClient(open(), { topic: 'compute' }, WAIT))
    const calls = Array.from({ length: 640 }, (_, n) => (clients[n % 4] as RpcClient).call({}, 'echo', { value: n }))
    assert.deepEqual(
      await Promise.all(calls),
      calls.map((_, n) => n),
    )
  })

  it('brings a cast to one and a fan-out to all, each once', async () => {
    const client = new RpcClient(open(), { topic: 'compute' }, WAIT)
    await client.cast({}, 'note', { value: 'cast' })
    await client.prepare({ fanout: true }).cast({}, 'note', { value: 'fanout' })
    assert.equal((await toldOf('cast', 1)).length, 1)
    assert.deepEqual((await toldOf('fanout', 3)).sort(), ['one fanout', 'three fanout', 'two fanout'])
    await client.call({}, 'who', {})
    assert.deepEqual([(await toldOf('cast', 1)).length, (await toldOf('fanout', 3)).length], [1, 3])
  })

  it('lets a call to nobody time out', async () => {
    const client = new RpcClient(open(), { topic: 'nobody' }, { timeoutMs: 500 })
    await assert.rejects(client.call({}, 'echo', {}), { code: 'MESSAGING_TIMEOUT' })
  })

  it('keeps a notification until somebody listens, and brings a requeued one again', async () => {
    const transport = open()
    await new Notifier(transport, { publisherId: 'early', topics: ['early'], ...WAIT }).info({}, 'event', { n: 1 })
    let seen = 0
    await new Promise<void>((resolve, reject) => {
      const endpoint = {
        info: () => {
          seen += 1
          if (seen === 1) return 'requeue' as const
          resolve()
          return undefined
        },
      }
      listenForNotifications(transport, { topic: 'early' }, [endpoint], { requeueDelayMs: 0 }).catch(reject)
    })
    assert.equal(seen, 2)
  })

  it(`brings each of ${EVENTS} events that was reported as stored, while publisher, listener and connections are killed`, async (t: TestContext) => {
    const { blows, duplicates, strange } = await siege(t, {
      ...{ events: EVENTS, between: 2_500, random: new Random(SEED), port: rabbit.port },
      options: { connection_retry_interval: 1, connection_retry_backoff: 0, link_retry_delay: 1 },
    })
    assert.deepEqual(strange, [])
    t.diagnostic(`${JSON.stringify(blows)}; ${duplicates} duplicates, each known by its message_id`)
  })
})

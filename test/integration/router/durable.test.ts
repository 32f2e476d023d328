// Queues with a store on disk: `omsg router` as a process of its own, killed and started again.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Connection, connect, type Delivery, type Receiver, type Sender } from '../../../src/amqp/index.ts'
import { startRouter } from '../../../src/router/index.ts'
import { failureOf, omsg, type RouterProgram, startRouterProgram } from '../../support/omsg.ts'
import { Bus, message, textOf, texts, until } from './bus.ts'

const QUEUE = 'openstack.org/om/notify/anycast/openstack/notifications.info'

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'omsg-store-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return join(path, 'store')
}

/** The command on one store, started again and again. */
class Durable {
  readonly #store: string
  #router: RouterProgram | undefined
  #connections: Connection[] = []

  constructor(t: TestContext, store: string) {
    this.#store = store
    t.after(() => this.kill())
  }

  async start(): Promise<void> {
    this.#router = await startRouterProgram('--store', this.#store)
  }

  async kill(): Promise<void> {
    this.#router?.program.kill('SIGKILL')
    await this.#router?.program.ended
    this.#router = undefined
    await Promise.all(this.#connections.map((connection) => connection.closed))
    this.#connections = []
  }

  async stop(): Promise<void> {
    await this.#router?.program.stop()
    this.#router = undefined
  }

  async #connect(): Promise<Connection> {
    const connection = await connect({ host: '127.0.0.1', port: Number(new URL(this.#router?.url ?? '').port) })
    this.#connections.push(connection)
    return connection
  }

  async sender(): Promise<Sender> {
    const session = await (await this.#connect()).openSession()
    return await session.attachSender({ address: QUEUE })
  }

  async receiver(onDelivery: (delivery: Delivery) => void, credit = 10_000): Promise<Receiver> {
    const session = await (await this.#connect()).openSession()
    const receiver = await session.attachReceiver({ address: QUEUE, creditWindow: 0, onDelivery })
    receiver.addCredit(credit)
    return receiver
  }

  /** Takes everything that is there. */
  async drain(): Promise<Delivery[]> {
    const deliveries: Delivery[] = []
    const receiver = await this.receiver((delivery) => {
      deliveries.push(delivery)
      delivery.accept()
    })
    await receiver.drain()
    await receiver.connection.close()
    return deliveries
  }
}

describe('a router with a store', () => {
  it('has every message again that it accepted before it was killed, in order', async (t) => {
    const router = new Durable(t, await directory(t))
    const accepted: string[] = []
    let published = 0
    for (const atLeast of [300, 700]) {
      await router.start()
      const sender = await router.sender()
      let lost = false
      const publish = async (): Promise<void> => {
        while (!lost) {
          const text = `${published++}`
          try {
            const outcome = await sender.send(message(text))
            if (outcome.type === 'accepted') accepted.push(text)
          } catch {
            return // the router is gone: nobody knows what became of it
          }
        }
      }
      const publishers = Array.from({ length: 50 }, publish)
      await until(() => accepted.length >= atLeast)
      await router.kill()
      lost = true
      await Promise.all(publishers)
    }
    await router.start()
    const found = (await router.drain()).map(textOf)
    const numbers = found.map(Number)
    assert.deepEqual(
      accepted.filter((text) => !found.includes(text)),
      [],
    )
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(numbers).size, numbers.length)
    await router.stop()
  })

  it('does not have again what was consumed, and counts a delivery of what consumers had been given', async (t) => {
    const router = new Durable(t, await directory(t))
    await router.start()
    const sender = await router.sender()
    await Promise.all(texts(100).map((text) => sender.send(message(text))))
    const held: Delivery[] = []
    await router.receiver((delivery) => void held.push(delivery), 50)
    await until(() => held.length === 50)
    for (const delivery of held.slice(0, 30)) delivery.accept()
    // What is written with a message has been written when that is accepted; the settlements came before it.
    await until(() => held.slice(0, 30).every(({ settled }) => settled))
    await held[0]?.receiver.connection.openSession()
    await sender.send(message('m100'))
    await sender.send(message('m101'))
    await router.kill()
    await router.start()
    const again = await router.drain()
    assert.deepEqual(again.map(textOf), texts(102).slice(30))
    assert.deepEqual(
      again.map((delivery) => delivery.message.header?.deliveryCount),
      [...Array(20).fill(1), ...Array(52).fill(0)],
    )
    await router.stop()
  })

  it('keeps them over an orderly end as well, settled ones too', async (t) => {
    const store = await directory(t)
    const first = await Bus.start(t, { store })
    const sender = await first.sender({ address: QUEUE })
    for (const text of texts(3)) await sender.send(message(text), { settled: true })
    const released = await first.collector({
      address: QUEUE,
      onDelivery: (delivery: Delivery) => {
        if (textOf(delivery) === 'm1') delivery.modify({ deliveryFailed: true })
        else delivery.receiver.connection.abort(new Error('lost'))
      },
      creditWindow: 0,
    })
    released.receiver.addCredit(1)
    await until(() => first.router.counters.consumers === 0)
    await first.router.close()
    const second = await Bus.start(t, { store })
    assert.equal(second.router.counters.stored, 3)
    assert.equal(second.router.counters.addresses, 1)
    const collector = await second.collector({ address: QUEUE })
    assert.deepEqual(await collector.count(3), texts(3))
  })

  it('cannot be started twice on one store', async (t) => {
    const store = await directory(t)
    await Bus.start(t, { store })
    await assert.rejects(startRouter({ store }), { name: 'RouterStoreError', code: 'ROUTER_STORE', message: /in use/ })
    const ended = await omsg(['router', '--port', '0', '--store', store])
    assert.equal(ended.code, 1)
    const { code, message: text } = failureOf(ended)
    assert.deepEqual([code, text], ['ROUTER_STORE', `the message store ${store} is in use by another router`])
  })

  it('takes thousands of messages a second', async (t) => {
    const bus = await Bus.start(t, { store: await directory(t) })
    const senders = [await bus.sender({ address: QUEUE }), await bus.sender({ address: QUEUE })]
    const count = 10_000
    const started = performance.now()
    await Promise.all(senders.flatMap((sender) => texts(count / 2).map((text) => sender.send(message(text)))))
    const seconds = (performance.now() - started) / 1_000
    t.diagnostic(`${Math.round(count / seconds)} messages a second, accepted when they are on the disk`)
    assert.equal(bus.router.counters.stored, count)
  })
})

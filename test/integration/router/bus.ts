// A router and its peers for one test; all of it is taken down when the test ends.

import type { TestContext } from 'node:test'
import type {
  Connection,
  ConnectOptions,
  Delivery,
  Message,
  Receiver,
  ReceiverOptions,
} from '../../../src/amqp/index.ts'
import { connect, type Sender, type SenderOptions } from '../../../src/amqp/index.ts'
import { type Router, type RouterOptions, startRouter } from '../../../src/router/index.ts'

export class Bus {
  readonly router: Router
  readonly #connections: Connection[] = []

  private constructor(router: Router) {
    this.router = router
  }

  static async start(t: TestContext, options: RouterOptions = {}): Promise<Bus> {
    return Bus.around(t, await startRouter(options))
  }

  /** A router that runs already. */
  static around(t: TestContext, router: Router): Bus {
    const bus = new Bus(router)
    t.after(async () => {
      await Promise.all(bus.#connections.map((connection) => connection.close()))
      await bus.router.close()
    })
    return bus
  }

  async connect(options: ConnectOptions = {}): Promise<Connection> {
    const connection = await connect({ host: this.router.host, port: this.router.port, ...options })
    this.#connections.push(connection)
    return connection
  }

  /** On a connection of its own, unless one is given. */
  async sender(options: SenderOptions, connection?: Connection): Promise<Sender> {
    const session = await (connection ?? (await this.connect())).openSession()
    return await session.attachSender(options)
  }

  async receiver(options: ReceiverOptions, connection?: Connection): Promise<Receiver> {
    const session = await (connection ?? (await this.connect())).openSession()
    return await session.attachReceiver(options)
  }

  /** A receiver that settles with `accepted` and keeps the texts. */
  async collector(options: ReceiverOptions, connection?: Connection): Promise<Collector> {
    const collector = new Collector()
    const receiver = await this.receiver({ onDelivery: (delivery) => collector.take(delivery), ...options }, connection)
    return Object.assign(collector, { receiver })
  }
}

export class Collector {
  receiver!: Receiver
  readonly texts: string[] = []
  readonly #waiters: { readonly count: number; readonly resolve: () => void }[] = []

  take(delivery: Delivery): void {
    this.texts.push(textOf(delivery))
    delivery.accept()
    for (const waiter of this.#waiters) if (this.texts.length >= waiter.count) waiter.resolve()
  }

  /** Resolves when so many have come. */
  async count(count: number): Promise<string[]> {
    if (this.texts.length < count) await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }))
    return this.texts
  }
}

export const message = (text: string, to?: string): Message => ({
  ...(to === undefined ? {} : { properties: { to } }),
  body: { type: 'value', value: text },
})

export function textOf(delivery: Delivery): string {
  const { body } = delivery.message
  return body?.type === 'value' ? String(body.value) : `(${body?.type})`
}

export const texts = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`)

/** Resolves when the condition holds; looked at after every turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

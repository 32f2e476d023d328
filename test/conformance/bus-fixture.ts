// What the conformance cases stand on: a bus, drivers on it, and servers that note what they receive. Everything registers
// its own tear-down.

import type { TestContext } from 'node:test'
import type {
  Driver,
  Envelope,
  IncomingNotification,
  IncomingRequest,
  ListenOptions,
  NotificationSource,
  Subscription,
} from '../../src/messaging/driver.ts'
import type { Target } from '../../src/messaging/target.ts'

/** A bus for the duration of one case. */
export interface ConformanceBus {
  url(): string
  /** A driver of its own; drivers of one bus reach each other. Released messages must be sent again within a second or so. */
  createDriver(): Driver
  /** A notification is acknowledged when it is stored, and waits there for its listener; else its listener acknowledges it. */
  readonly storesNotifications?: boolean
  /** Puts a body that is no message of oslo.messaging before the servers of a target. Absent: the case is skipped. */
  sendMalformed?(target: Target, body: string): Promise<void>
  close(): Promise<void>
}

export type CreateBus = () => Promise<ConformanceBus>

/** Long enough for everything that should succeed. */
export const PATIENCE_MS = 20_000
/** How long is waited for what should not come. */
export const BRIEF_MS = 250

export const WAIT = Object.freeze({ timeoutMs: PATIENCE_MS })
export const BRIEF = Object.freeze({ timeoutMs: BRIEF_MS })

export interface Fixture {
  readonly bus: ConformanceBus
  readonly client: Driver
  readonly server: Driver
  newDriver(): Driver
}

export async function openFixture(t: TestContext, createBus: CreateBus): Promise<Fixture> {
  const bus = await createBus()
  const drivers: Driver[] = []
  t.after(async () => {
    for (const driver of drivers) await driver.close()
    await bus.close()
  })
  const newDriver = (): Driver => {
    const driver = bus.createDriver()
    drivers.push(driver)
    return driver
  }
  return { bus, client: newDriver(), server: newDriver(), newDriver }
}

export const request = (
  method: string,
  args: Record<string, unknown> = {},
  context: Record<string, unknown> = {},
): Envelope => ({
  message: { method, args },
  context,
})

/** Messages in the order of their arrival, and a way to wait for the next. */
export class Inbox<M> {
  readonly received: M[] = []
  readonly #waiting: (() => void)[] = []

  readonly add = (message: M): void => {
    this.received.push(message)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Resolves with all that has been received once there are so many. */
  async count(count: number): Promise<readonly M[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.received
  }

  /** The message at that place, once it is there. */
  async at(index: number): Promise<M> {
    await this.count(index + 1)
    return this.received[index] as M
  }
}

export interface Listening<M> {
  readonly inbox: Inbox<M>
  readonly subscription: Subscription
}

/** Subscribes; requests pile up in the inbox, unsettled. */
export async function listen(
  driver: Driver,
  target: Target,
  options: ListenOptions = {},
): Promise<Listening<IncomingRequest>> {
  const inbox = new Inbox<IncomingRequest>()
  const subscription = await driver.listen(target, inbox.add, { readyTimeoutMs: PATIENCE_MS, ...options })
  return { inbox, subscription }
}

/** Subscribes; notifications pile up in the inbox, unsettled. */
export async function listenNotifications(
  driver: Driver,
  sources: readonly NotificationSource[],
  options: ListenOptions = {},
): Promise<Listening<IncomingNotification>> {
  const inbox = new Inbox<IncomingNotification>()
  const subscription = await driver.listenForNotifications(sources, inbox.add, {
    readyTimeoutMs: PATIENCE_MS,
    ...options,
  })
  return { inbox, subscription }
}

/** Subscribes a server that answers every request with `answer(request)`. */
export async function serve(
  driver: Driver,
  target: Target,
  answer: (incoming: IncomingRequest) => unknown = (incoming) => (incoming.message.args as { value?: unknown }).value,
): Promise<Listening<IncomingRequest>> {
  const inbox = new Inbox<IncomingRequest>()
  const handle = (incoming: IncomingRequest): void => {
    inbox.add(incoming)
    incoming.acknowledge()
    void incoming.reply(answer(incoming)).finally(() => incoming.done())
  }
  const subscription = await driver.listen(target, handle, { readyTimeoutMs: PATIENCE_MS })
  return { inbox, subscription }
}

/** Takes a message off the bus and answers it. */
export async function answerWith(incoming: IncomingRequest, result: unknown): Promise<void> {
  incoming.acknowledge()
  await incoming.reply(result)
  incoming.done()
}

// Drivers for the tests of this folder: options by their resolved names, so that delays can be short.

import type { TestContext } from 'node:test'
import { AmqpDriver } from '../../../src/amqp1/driver.ts'
import { type AmqpOptions, resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import type { IncomingRequest, Subscription } from '../../../src/messaging/driver.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { MiniRelay, type MiniRelayOptions } from '../../support/mini-relay.ts'

/** Short delays; everything else as by default. */
export function testOptions(overrides: Partial<AmqpOptions> = {}): AmqpOptions {
  return { ...resolveAmqpOptions([]), connectionRetryIntervalMs: 10, linkRetryDelayMs: 20, ...overrides }
}

/** A driver that is closed at the end of the test. */
export function testDriver(t: TestContext, url: string, overrides: Partial<AmqpOptions> = {}): AmqpDriver {
  const driver = new AmqpDriver(
    parseTransportUrl(url),
    { controlExchange: 'openstack', options: {}, allowedRemoteErrors: new Map() },
    testOptions(overrides),
    { random: () => 0 },
  )
  t.after(() => driver.close())
  return driver
}

/** A relay that is closed at the end of the test. */
export async function testRelay(t: TestContext, options: MiniRelayOptions = {}): Promise<MiniRelay> {
  const relay = await MiniRelay.start(options)
  t.after(() => relay.close())
  return relay
}

export const envelope = (method: string, args: Record<string, unknown> = {}) => ({
  message: { method, args },
  context: { user: 'u1' },
})

/** A server that answers with its arguments. */
export function serveEcho(driver: AmqpDriver, topic = 'tt', server = 's1'): Promise<Subscription> {
  return driver.listen(
    { topic, server },
    (request) => {
      request.acknowledge()
      void request
        .reply(request.message.args)
        .catch(() => undefined)
        .finally(() => request.done())
    },
    {},
  )
}

/** A server that keeps its requests for the test. */
export async function serveByHand(driver: AmqpDriver, topic = 'tt', server = 's1'): Promise<RequestBox> {
  const box = new RequestBox()
  await driver.listen({ topic, server }, (request) => box.put(request), {
    onMalformed: (error) => box.malformed.push(error),
  })
  return box
}

export class RequestBox {
  readonly malformed: Error[] = []
  readonly #requests: IncomingRequest[] = []
  #waiter: ((request: IncomingRequest) => void) | undefined

  put(request: IncomingRequest): void {
    if (this.#waiter) this.#waiter(request)
    else this.#requests.push(request)
    this.#waiter = undefined
  }

  next(): Promise<IncomingRequest> {
    const request = this.#requests.shift()
    if (request) return Promise.resolve(request)
    return new Promise((resolve) => {
      this.#waiter = resolve
    })
  }
}

export const ANYCAST = 'openstack.org/om/rpc/anycast/openstack/tt'
export const MULTICAST = 'openstack.org/om/rpc/multicast/openstack/tt'
export const UNICAST = 'openstack.org/om/rpc/unicast/openstack/tt/s1'

/** What a promise rejects with; it must reject. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )

// Pools of listeners over the memory driver.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { MemoryBus } from '../../../src/messaging/memory-bus.ts'
import { MemoryDriver } from '../../../src/messaging/memory-driver.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import type { BatchEndpoint } from '../../../src/notify/batch-endpoint.ts'
import { listenForNotificationBatches } from '../../../src/notify/batch-listener.ts'
import { listenForNotifications, type NotificationListener } from '../../../src/notify/listener.ts'
import { openNotificationStream } from '../../../src/notify/notification-stream.ts'
import { Notifier } from '../../../src/notify/notifier.ts'

function openTransport(t: TestContext): Transport {
  const context = { controlExchange: 'openstack', options: {}, allowedRemoteErrors: new Map() }
  const transport = new Transport(parseTransportUrl('memory://'), new MemoryDriver(new MemoryBus(), context))
  t.after(() => transport.close())
  return transport
}

const target = { topic: 'topic' }

const notifierOf = (transport: Transport): Notifier =>
  new Notifier(transport, { publisherId: 'testpublisher', topics: ['topic'], timeoutMs: 20_000 })

const listen = (transport: Transport, pool: string, heard: unknown[]): Promise<NotificationListener> =>
  listenForNotifications(transport, target, [{ info: (_, { payload }) => void heard.push(payload) }], { pool })

describe('pools of notification listeners', () => {
  it('get every notification each', async (t) => {
    const transport = openTransport(t)
    const [one, two]: [unknown[], unknown[]] = [[], []]
    await listen(transport, 'pool1', one)
    await listen(transport, 'pool2', two)
    const notifier = notifierOf(transport)
    await notifier.info({ user_name: 'bob0' }, 'an_event.start', 'test message0')
    await notifier.info({ user_name: 'bob1' }, 'an_event.start', 'test message1')
    assert.deepEqual(one, ['test message0', 'test message1'])
    assert.deepEqual(two, one)
  })

  it('share theirs among those who are there', async (t) => {
    const transport = openTransport(t)
    const heard: [number[], number[], number[]] = [[], [], []]
    const notifier = notifierOf(transport)
    let sent = 0
    const publish = async (): Promise<void> => {
      for (let count = 0; count < 25; count += 1) await notifier.info({}, 'an_event.start', sent++)
    }
    await listen(transport, 'pool1', heard[0])
    const second = await listen(transport, 'pool2', heard[1])
    const third = await listen(transport, 'pool2', heard[2])
    await publish()
    await second.stop()
    await publish()
    await listen(transport, 'pool2', heard[1])
    await third.stop()
    await publish()
    await listen(transport, 'pool2', heard[2])
    await publish()
    const all = Array.from({ length: 100 }, (_, n) => n)
    assert.deepEqual(heard[0], all)
    assert.deepEqual(
      [...heard[1], ...heard[2]].sort((a, b) => a - b),
      all,
    )
    for (const one of heard) assert.ok(one.length >= 25, `${one.length}`)
  })

  it('are there for batches and for iteration as well', async (t) => {
    const transport = openTransport(t)
    const batches: unknown[] = []
    const endpoint: BatchEndpoint = { info: (batch) => void batches.push(batch.length) }
    await listenForNotificationBatches(transport, target, [endpoint], { batchSize: 2, pool: 'batches' })
    const stream = await openNotificationStream(transport, target, { pool: 'stream' })
    const notifier = notifierOf(transport)
    const sent = [notifier.info({}, 'event', 1), notifier.info({}, 'event', 2)]
    const heard: unknown[] = []
    for await (const event of stream) {
      heard.push(event.payload)
      event.acknowledge()
      if (heard.length === 2) break
    }
    await Promise.all(sent)
    assert.deepEqual([batches, heard], [[2], [1, 2]])
  })

  const badPools: readonly [unknown, RegExp][] = [
    ['', /pool: expected a text that is not empty/],
    [7, /pool: expected a text, not 7/],
    ['x'.repeat(256), /at most 255 characters, not of 256/],
    ['a\n', /without control characters/],
    ['\ud800', /whole characters/],
    ['a::b', /without "::"/],
    [':a', /does not begin with ":"/],
  ]
  it('have names that can be part of an address', async (t) => {
    const transport = openTransport(t)
    for (const [pool, message] of badPools) {
      const options = { pool: pool as string }
      const expected = { name: InvalidArgumentError.name, code: 'INVALID_ARGUMENT', message }
      await assert.rejects(listenForNotifications(transport, target, [{ info: () => {} }], options), expected)
      await assert.rejects(listenForNotificationBatches(transport, target, [{ info: () => {} }], options), expected)
      await assert.rejects(openNotificationStream(transport, target, options), expected)
    }
    await listenForNotifications(transport, target, [{ info: () => {} }], { pool: `é/${'x'.repeat(252)}:` })
  })
})

// What listeners of one side make of the notifications of the other: batches, filters, requeueing, iteration.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  createTransport,
  listenForNotificationBatches,
  listenForNotifications,
  NotificationFilter,
  Notifier,
  openNotificationStream,
  REQUEUE,
  type Transport,
} from '../../src/index.ts'
import { ADDRESSING_MODES, type Bus, useBus } from '../support/bus.ts'
import { noPythonPeers, runPeer } from '../support/python-peers.ts'

const BATCH = 20

function open(t: TestContext, bus: Bus): Transport {
  const transport = createTransport(bus.url, { options: { addressing_mode: bus.mode } })
  t.after(() => transport.close())
  return transport
}

/** Python publishes so many, one after the other. */
async function pythonPublishes(bus: Bus, topic: string, ...args: string[]): Promise<void> {
  const { ok, ended } = await runPeer('notifier', bus.peer('--topic', topic, '--retry', '0', ...args))
  assert.equal(ok, true, ended.stdout.join('\n'))
}

for (const mode of ADDRESSING_MODES) {
  describe(`Listeners (${mode} addresses)`, { skip: noPythonPeers }, () => {
    const bus = useBus(mode)

    it('get batches of what Python publishes', async (t) => {
      const batches: string[][] = []
      let all = (): void => {}
      const everything = new Promise<void>((resolve) => {
        all = resolve
      })
      await pythonPublishes(bus, 'py-batch', '--count', '45', '--payload', '{"name": "žluťoučký"}')
      const listener = await listenForNotificationBatches(
        open(t, bus),
        { topic: 'py-batch' },
        [
          {
            info(batch) {
              batches.push(batch.map(({ payload }) => (payload as { name: string }).name))
              if (batches.flat().length === 45) all()
            },
          },
        ],
        { batchSize: BATCH, batchTimeoutMs: 500 },
      )
      await everything
      await listener.stop()
      assert.deepEqual(
        batches.map(({ length }) => length),
        [BATCH, BATCH, 5],
      )
      assert.deepEqual(new Set(batches.flat()), new Set(['žluťoučký']))
    })

    it('of Python get batches of what a notifier publishes', async (t) => {
      const notifier = new Notifier(open(t, bus), { publisherId: 'js', topics: ['js-batch'] })
      await Promise.all(Array.from({ length: 25 }, (_, n) => notifier.info({}, 'event', { n })))
      const listener = await bus.startPeer(
        'notification_listener',
        ...['--topic', 'js-batch', '--priorities', 'info', '--count', '25'],
        ...['--batch-size', '10', '--batch-timeout', '2'],
      )
      const lines = await listener.objects<{ size: number; batch: { payload: { n: number } }[] }>(3)
      assert.deepEqual(
        lines.map(({ size }) => size),
        [10, 10, 5],
      )
      const numbers = lines.flatMap(({ batch }) => batch.map(({ payload }) => payload.n))
      assert.deepEqual(
        numbers.sort((a, b) => a - b),
        Array.from({ length: 25 }, (_, n) => n),
      )
    })

    it('see what they requeue of Python again, and filters choose as in Python', async (t) => {
      const seen: string[] = []
      let handled = (): void => {}
      const done = new Promise<void>((resolve) => {
        handled = resolve
      })
      await listenForNotifications(
        open(t, bus),
        { topic: 'py-requeue' },
        [
          {
            filter: new NotificationFilter({ eventType: 'wanted', publisherId: /Compute/i }),
            info(_, { eventType }) {
              seen.push(eventType)
              if (seen.length < 3) return REQUEUE
              handled()
              return undefined
            },
          },
        ],
        { requeueDelayMs: 10 },
      )
      await pythonPublishes(bus, 'py-requeue', '--event-type', 'unwanted', '--publisher-id', 'compute.h1')
      await pythonPublishes(bus, 'py-requeue', '--event-type', 'wanted.one', '--publisher-id', 'network.h1')
      await pythonPublishes(bus, 'py-requeue', '--event-type', 'wanted.two', '--publisher-id', 'compute.h1')
      await done
      assert.deepEqual(seen, ['wanted.two', 'wanted.two', 'wanted.two'])
    })

    it('iterate over what Python publishes in both formats', async (t) => {
      const stream = await openNotificationStream(open(t, bus), { topic: 'py-stream' })
      await pythonPublishes(bus, 'py-stream', '--driver', 'messaging', '--priority', 'error', '--payload', '{"n": 1}')
      await pythonPublishes(
        bus,
        'py-stream',
        '--driver',
        'messagingv2',
        '--priority',
        'sample',
        '--payload',
        '{"n": 2}',
      )
      const seen: unknown[] = []
      for await (const event of stream) {
        seen.push([event.priority, event.payload])
        event.acknowledge()
        if (seen.length === 2) break
      }
      assert.deepEqual(seen, [
        ['error', { n: 1 }],
        ['sample', { n: 2 }],
      ])
    })
  })
}

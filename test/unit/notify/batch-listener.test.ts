// Batches over the memory driver.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { NoOpSerializer } from '../../../src/messaging/serializer.ts'
import type { BatchEndpoint } from '../../../src/notify/batch-endpoint.ts'
import { type BatchListenerOptions, listenForNotificationBatches } from '../../../src/notify/batch-listener.ts'
import { REQUEUE } from '../../../src/notify/endpoint.ts'
import { NotificationFilter } from '../../../src/notify/filter.ts'
import { Notifier } from '../../../src/notify/notifier.ts'
import type { FailedNotification } from '../../../src/notify/settling.ts'
import { createMemoryTransport } from '../../../src/testing/memory-transport.ts'

const target = { topic: 'notifications' }

async function start(t: TestContext, endpoints: readonly BatchEndpoint[], options: BatchListenerOptions = {}) {
  const transport = createMemoryTransport()
  t.after(() => transport.close())
  const listener = await listenForNotificationBatches(transport, target, endpoints, {
    requeueDelayMs: 0,
    batchTimeoutMs: 60_000,
    ...options,
  })
  return { transport, listener, notifier: new Notifier(transport, { publisherId: 'test', timeoutMs: 20_000 }) }
}

describe('a batch listener', () => {
  it('hands over what came, with contexts, and acknowledges all of it at the end', async (t) => {
    const batches: unknown[][] = []
    const endpoint: BatchEndpoint = {
      info(batch) {
        batches.push(batch.map(({ context, eventType, payload }) => [context, eventType, payload]))
      },
    }
    const { notifier } = await start(t, [endpoint], { batchSize: 3 })
    await Promise.all([1, 2, 3].map((n) => notifier.info({ user_id: `u${n}` }, `e${n}`, n)))
    assert.deepEqual(batches, [
      [
        [{ user_id: 'u1' }, 'e1', 1],
        [{ user_id: 'u2' }, 'e2', 2],
        [{ user_id: 'u3' }, 'e3', 3],
      ],
    ])
  })

  it('of more notifications than a link has credit by default is full all the same', async (t) => {
    const sizes: number[] = []
    const endpoint: BatchEndpoint = { info: (batch) => void sizes.push(batch.length) }
    const { notifier } = await start(t, [endpoint], { batchSize: 150 })
    await Promise.all(Array.from({ length: 300 }, (_, n) => notifier.info({}, 'event', n)))
    assert.deepEqual(sizes, [150, 150])
  })

  it('makes 205 notifications 100, 100 and 5', async (t) => {
    const sizes: number[] = []
    const endpoint: BatchEndpoint = { info: (batch) => void sizes.push(batch.length) }
    const { notifier } = await start(t, [endpoint], { batchSize: 100, batchTimeoutMs: 200 })
    await Promise.all(Array.from({ length: 205 }, (_, n) => notifier.info({}, 'event', n)))
    assert.deepEqual(sizes, [100, 100, 5])
  })

  it('is split by priority, in the order of their names', async (t) => {
    const calls: unknown[] = []
    const endpoint: BatchEndpoint = {
      warn: (batch) => void calls.push(['warn', batch.map(({ payload }) => payload)]),
      error: (batch) => void calls.push(['error', batch.map(({ payload }) => payload)]),
    }
    const { notifier } = await start(t, [endpoint], { batchSize: 4 })
    await Promise.all([
      notifier.warn({}, 'e', 1),
      notifier.error({}, 'e', 2),
      notifier.warn({}, 'e', 3),
      notifier.error({}, 'e', 4),
    ])
    assert.deepEqual(calls, [
      ['error', [2, 4]],
      ['warn', [1, 3]],
    ])
  })

  it('hands an endpoint what its filter chooses, and nothing when that is none', async (t) => {
    const calls: unknown[] = []
    const endpoint = (eventType: string): BatchEndpoint => ({
      filter: new NotificationFilter({ eventType }),
      info: (batch) => void calls.push([eventType, batch.map(({ payload }) => payload)]),
    })
    const { notifier } = await start(t, [endpoint('a'), endpoint('b'), endpoint('c')], { batchSize: 3 })
    await Promise.all([notifier.info({}, 'a', 1), notifier.info({}, 'b', 2), notifier.info({}, 'a', 3)])
    assert.deepEqual(calls, [
      ['a', [1, 3]],
      ['b', [2]],
    ])
  })

  for (const [what, fail] of [
    ['returns REQUEUE', () => REQUEUE],
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
  ] as const) {
    it(`sees all of a priority again when a method ${what}; others are acknowledged, endpoints after it not called`, async (t) => {
      const calls: string[] = []
      const failures: FailedNotification[] = []
      let infos = 0
      const endpoints: BatchEndpoint[] = [
        {
          info(batch) {
            calls.push(`info ${batch.length}`)
            infos += 1
            return infos === 1 ? fail() : undefined
          },
          error: (batch) => void calls.push(`error ${batch.length}`),
        },
        { info: (batch) => void calls.push(`second info ${batch.length}`) },
      ]
      const { notifier } = await start(t, endpoints, {
        batchSize: 3,
        batchTimeoutMs: 100,
        onError: (_, failed) => void failures.push(failed),
      })
      await Promise.all([notifier.info({}, 'e', 1), notifier.error({}, 'e', 2), notifier.info({}, 'e', 3)])
      assert.deepEqual(calls, ['error 1', 'info 2', 'info 2', 'second info 2'])
      assert.equal(failures.length, what === 'throws' ? 2 : 0)
    })
  }

  it('hands over alone what is tried for the last time: only the poison among them is rejected', async (t) => {
    const handled: unknown[] = []
    const endpoint: BatchEndpoint = {
      info(batch) {
        if (batch.some(({ payload }) => payload === 'poison')) throw new Error('broken')
        handled.push(...batch.map(({ payload }) => payload))
      },
    }
    const { notifier } = await start(t, [endpoint], {
      batchSize: 4,
      batchTimeoutMs: 50,
      maxDeliveries: 3,
      onError: () => {},
    })
    const sends = ['a', 'b', 'poison', 'c'].map((payload) => notifier.info({}, 'e', payload))
    const outcomes = await Promise.allSettled(sends)
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(handled, ['a', 'b', 'c'])
  })

  it('leaves out what cannot be read, which fails alone', async (t) => {
    class Picky extends NoOpSerializer {
      override deserializeEntity(_context: object, entity: unknown): unknown {
        if (entity === 'bad') throw new Error('cannot be read')
        return entity
      }
    }
    const seen: unknown[] = []
    const failures: unknown[] = []
    const endpoint: BatchEndpoint = { info: (batch) => void seen.push(batch.map(({ payload }) => payload)) }
    const { notifier } = await start(t, [endpoint], {
      batchSize: 3,
      serializer: new Picky(),
      allowRequeue: false,
      onError: (error) => void failures.push(String(error)),
    })
    await Promise.all([notifier.info({}, 'e', 1), notifier.info({}, 'e', 'bad'), notifier.info({}, 'e', 3)])
    assert.deepEqual(seen, [[1, 3]])
    assert.deepEqual(failures, ['Error: cannot be read'])
  })

  it('gives back what no batch has begun with when it is stopped', async (t) => {
    const endpoint: BatchEndpoint = { info() {} }
    const { notifier, listener, transport } = await start(t, [endpoint], { batchSize: 10 })
    const sent = [notifier.info({}, 'e', 1), notifier.info({}, 'e', 2)]
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    assert.deepEqual(await listener.stop(), { done: 0, released: 2, lost: 0 })
    await listenForNotificationBatches(transport, target, [endpoint], { batchSize: 2 })
    await Promise.all(sent)
  })

  for (const options of [
    { batchSize: 0 },
    { batchSize: 3e9 },
    { batchTimeoutMs: -1 },
    { batchIdleMs: 'x' as never },
    { batchsize: 1 } as never,
  ]) {
    it(`refuses ${JSON.stringify(options)}`, async (t) => {
      await assert.rejects(start(t, [{ info() {} }], options), InvalidArgumentError)
    })
  }
})

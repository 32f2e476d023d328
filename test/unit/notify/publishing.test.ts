// Publishing without being told of failures, and publishing without waiting.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import type { Driver, SendOptions } from '../../../src/messaging/driver.ts'
import { DriverClosedError, InvalidArgumentError } from '../../../src/messaging/errors.ts'
import type { JsonObject } from '../../../src/messaging/json.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import type { BufferOptions } from '../../../src/notify/buffered-publishing.ts'
import { NotificationBufferFullError } from '../../../src/notify/errors.ts'
import type { NotificationEventMessage, UnpublishedNotification } from '../../../src/notify/events.ts'
import { Notifier, type NotifierOptions } from '../../../src/notify/notifier.ts'
import type { Publisher } from '../../../src/notify/publisher.ts'
import { defectsOf } from '../../support/defects.ts'

const transport = new Transport(parseTransportUrl('memory://'), {
  features: { requeue: true },
  notify() {},
} as unknown as Driver)

interface Pending {
  readonly payload: unknown
  resolve(): void
  reject(error: unknown): void
}

/** Holds each notification until the test says what becomes of it; listens to its signal. */
class HeldPublisher implements Publisher {
  readonly pending: Pending[] = []
  readonly seen: unknown[] = []

  publish(_context: object, message: JsonObject, _priority: string, { signal }: SendOptions): Promise<void> {
    this.seen.push(message.payload)
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
      this.pending.push({ payload: message.payload, resolve, reject })
    })
  }

  async next(): Promise<Pending> {
    for (;;) {
      const pending = this.pending.shift()
      if (pending) return pending
      await new Promise(setImmediate)
    }
  }
}

function notifierWith(options: Partial<NotifierOptions>) {
  const publisher = new HeldPublisher()
  const failures: { error: unknown; notification: UnpublishedNotification }[] = []
  const notifier = new Notifier(transport, {
    publisherId: 'test',
    publishers: publisher,
    onFailure: (error, notification) => failures.push({ error, notification }),
    ...options,
  })
  return { publisher, failures, notifier }
}

/** One at a time, a turn later each. */
function recordingContexts() {
  const seenContexts: unknown[] = []
  const publisher: Publisher = {
    async publish(context) {
      await new Promise(setImmediate)
      seenContexts.push(structuredClone(context))
    },
  }
  const { notifier } = notifierWith({ publishers: publisher, buffer: { concurrency: 1 } })
  return { notifier, seenContexts }
}

const buffered = (buffer: BufferOptions) => notifierWith({ buffer })
const send = (notifier: Notifier, payload: unknown): Promise<void> => notifier.info({}, 'event', payload)

describe("a notifier with failures: 'report'", () => {
  it('resolves when it could not publish, and tells onFailure which notification it was', async () => {
    const { publisher, failures, notifier } = notifierWith({ failures: 'report' })
    const sent = notifier.error({}, 'disk.full', 1, { messageId: 'm-1' })
    const error = new Error('no bus')
    ;(await publisher.next()).reject(error)
    await sent
    assert.deepEqual(failures, [
      { error, notification: { messageId: 'm-1', publisherId: 'test', eventType: 'disk.full', priority: 'error' } },
    ])
    assert.deepEqual(notifier.report, { published: 0, failed: 1, dropped: 0, pending: 0 })
  })

  it('without onFailure tells the channel', async () => {
    const told: NotificationEventMessage[] = []
    const listen = (message: unknown) => void told.push(message as NotificationEventMessage)
    subscribe('oslo-messaging:notification', listen)
    const { publisher, notifier } = notifierWith({ failures: 'report', onFailure: undefined })
    const sent = send(notifier, 1)
    ;(await publisher.next()).reject(new Error('no bus'))
    await sent
    unsubscribe('oslo-messaging:notification', listen)
    assert.deepEqual(
      told.map(({ event, notification }) => [event, notification?.eventType]),
      [['failed', 'event']],
    )
  })

  it('with neither warns, once a second, and counts the others', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => void (warning.name === 'OsloMessagingNotification' && warnings.push(warning))
    process.on('warning', note)
    const { publisher, notifier } = notifierWith({ failures: 'report', onFailure: undefined })
    const sends = [send(notifier, 1), send(notifier, 2), send(notifier, 3)]
    for (let n = 0; n < 3; n += 1) (await publisher.next()).reject(new Error('no bus\n'))
    await Promise.all(sends)
    await new Promise(setImmediate)
    process.off('warning', note)
    assert.equal(warnings.length, 1)
    assert.match(
      warnings[0]?.message ?? '',
      /^notification "event" \(message_id [-0-9a-f]{36}\) was not published: no bus/,
    )
  })

  it('reports what onFailure itself rejects with, and goes on', async (t) => {
    const defects = defectsOf(t)
    const { publisher, notifier } = notifierWith({
      failures: 'report',
      onFailure: () => Promise.reject(new Error('in the log')),
    })
    const sent = send(notifier, 1)
    ;(await publisher.next()).reject(new Error('no bus'))
    await sent
    await new Promise(setImmediate)
    assert.deepEqual(
      defects.map(({ where, error }) => [where, String(error)]),
      [['onFailure of a notifier', 'Error: in the log']],
    )
  })

  it('still rejects for what the caller did wrong', async () => {
    const { notifier } = notifierWith({ failures: 'report' })
    await assert.rejects(notifier.info(null as never, 'event', 1), InvalidArgumentError)
  })
})

describe('a notifier with a buffer', () => {
  it('resolves before anything is published, and publishes in order, so many at a time', async () => {
    const { publisher, notifier } = buffered({ concurrency: 2 })
    for (let n = 0; n < 5; n += 1) await send(notifier, n)
    assert.deepEqual(publisher.seen, [0, 1])
    assert.deepEqual(notifier.report, { published: 0, failed: 0, dropped: 0, pending: 5 })
    for (let n = 0; n < 5; n += 1) (await publisher.next()).resolve()
    assert.deepEqual(await notifier.close(), { published: 5, failed: 0, dropped: 0, pending: 0 })
    assert.deepEqual(publisher.seen, [0, 1, 2, 3, 4])
  })

  it('publishes what the payload was when it was given', async () => {
    const { publisher, notifier } = buffered({ concurrency: 1 })
    const payload = { state: 'first' }
    await send(notifier, 0)
    await send(notifier, payload)
    payload.state = 'changed'
    ;(await publisher.next()).resolve()
    assert.deepEqual((await publisher.next()).payload, { state: 'first' })
  })

  it('publishes what the context was when it was given', async () => {
    const { notifier, seenContexts } = recordingContexts()
    const context = { roles: ['reader'] }
    await notifier.info(context, 'event', 1)
    await notifier.info(context, 'event', 2)
    context.roles[0] = 'admin'
    await notifier.close()
    assert.deepEqual(seenContexts, [{ roles: ['reader'] }, { roles: ['reader'] }])
  })

  it('rejects for a payload that JSON cannot express, at once', async () => {
    const { notifier } = buffered({})
    await assert.rejects(
      send(notifier, () => 1),
      TypeError,
    )
    assert.equal(notifier.report.pending, 0)
  })

  it('tells onFailure of failures, and goes on', async () => {
    const { publisher, failures, notifier } = buffered({ concurrency: 1 })
    await send(notifier, 1)
    await send(notifier, 2)
    ;(await publisher.next()).reject(new Error('refused'))
    ;(await publisher.next()).resolve()
    assert.deepEqual(await notifier.close(), { published: 1, failed: 1, dropped: 0, pending: 0 })
    assert.deepEqual(
      failures.map(({ error }) => String(error)),
      ['Error: refused'],
    )
  })

  it("that is full and says 'fail' rejects", async () => {
    const { notifier } = buffered({ size: 2, whenFull: 'fail' })
    await send(notifier, 1)
    await send(notifier, 2)
    await assert.rejects(send(notifier, 3), (error) => {
      assert.ok(error instanceof NotificationBufferFullError)
      assert.equal(error.code, 'NOTIFICATION_BUFFER_FULL')
      assert.equal(error.size, 2)
      return true
    })
    assert.deepEqual(notifier.report, { published: 0, failed: 1, dropped: 1, pending: 2 })
  })

  it("that is full and says 'block' lets the caller wait for a place, in order", async () => {
    const { publisher, notifier } = buffered({ size: 1 })
    await send(notifier, 1)
    const order: number[] = []
    const second = send(notifier, 2).then(() => order.push(2))
    const third = assert.rejects(send(notifier, 3), NotificationBufferFullError)
    await third // as many callers wait as there are places
    assert.deepEqual(order, [])
    ;(await publisher.next()).resolve()
    await second
    assert.deepEqual((await publisher.next()).payload, 2)
  })

  it("that says 'block' gives up waiting at the deadline, on abort and on close", async () => {
    const { notifier } = notifierWith({ buffer: { size: 3 }, timeoutMs: 20 })
    for (let n = 0; n < 3; n += 1) await send(notifier, n)
    await assert.rejects(send(notifier, 3), /no place within 20 ms/)
    const controller = new AbortController()
    const aborted = notifier.info({}, 'event', 4, { signal: controller.signal, timeoutMs: 20_000 })
    controller.abort(new Error('enough'))
    await assert.rejects(aborted, /enough/)
    const closed = notifier.info({}, 'event', 5, { timeoutMs: 20_000 })
    const closing = notifier.close({ flushTimeoutMs: 0 })
    await assert.rejects(closed, DriverClosedError)
    assert.deepEqual(await closing, { published: 0, failed: 6, dropped: 1, pending: 0 })
  })

  it("that is full and says 'drop oldest' drops the one that waited longest, counts and reports it", async () => {
    const { publisher, failures, notifier } = buffered({ size: 3, concurrency: 1, whenFull: 'drop oldest' })
    for (let n = 0; n < 5; n += 1) await send(notifier, n)
    assert.deepEqual(notifier.report, { published: 0, failed: 2, dropped: 2, pending: 3 })
    assert.ok(failures.every(({ error }) => error instanceof NotificationBufferFullError))
    for (let n = 0; n < 3; n += 1) (await publisher.next()).resolve()
    await notifier.close()
    assert.deepEqual(publisher.seen, [0, 3, 4])
  })

  it("that says 'drop oldest' while none waits drops what came", async () => {
    const { publisher, failures, notifier } = buffered({ size: 2, concurrency: 2, whenFull: 'drop oldest' })
    for (let n = 0; n < 3; n += 1) await send(notifier, n)
    assert.equal(failures.length, 1)
    assert.deepEqual(publisher.seen, [0, 1])
  })

  it('gives up what is not out when the time to flush is over, and reports it', async () => {
    const { failures, notifier } = buffered({ concurrency: 1 })
    for (let n = 0; n < 3; n += 1) await send(notifier, n)
    assert.deepEqual(await notifier.close({ flushTimeoutMs: 10 }), { published: 0, failed: 3, dropped: 0, pending: 0 })
    assert.equal(failures.length, 3)
    assert.ok(failures.every(({ error }) => error instanceof DriverClosedError))
  })

  it('is shared with the notifiers that it prepares, and closed with them', async () => {
    const { publisher, notifier } = buffered({})
    const other = notifier.prepare({ publisherId: 'other' })
    await send(other, 1)
    assert.equal(notifier.report.pending, 1)
    ;(await publisher.next()).resolve()
    await notifier.close()
    await assert.rejects(send(other, 2), DriverClosedError)
    await assert.rejects(send(notifier, 2), DriverClosedError)
  })

  it("refuses failures: 'reject': nobody waits to be told", () => {
    assert.throws(() => notifierWith({ buffer: {}, failures: 'reject' }), InvalidArgumentError)
  })

  for (const buffer of [{ size: 0 }, { concurrency: 1.5 }, { whenFull: 'wait' as never }, { length: 3 } as never]) {
    it(`refuses ${JSON.stringify(buffer)}`, () => {
      assert.throws(() => buffered(buffer), InvalidArgumentError)
    })
  }
})

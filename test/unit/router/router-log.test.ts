import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RouterLogEntry, RouterLogLevel } from '../../../src/router/log-entry.ts'
import { LogWatch } from '../../../src/router/log-watch.ts'
import { RouterLog } from '../../../src/router/router-log.ts'
import { Traffic } from '../../../src/router/traffic.ts'
import { defectsOf } from '../../support/defects.ts'

function start(level: RouterLogLevel = 'debug') {
  const entries: RouterLogEntry[] = []
  return { entries, log: new RouterLog((entry) => entries.push(entry), level) }
}

const pick = ({ level, event, message }: RouterLogEntry) => [level, event, message]

describe('an entry of the log', () => {
  it('has time, level, event, message and what else is known', () => {
    const { entries, log } = start()
    log.write('info', 'router.listening', 'listening', { url: 'amqp://x', user: undefined, count: 5 })
    const [entry] = entries
    assert.match(entry?.time ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.deepEqual(
      { ...entry, time: '' },
      { time: '', level: 'info', event: 'router.listening', message: 'listening', url: 'amqp://x', count: 5 },
    )
  })

  it('has no control character in it, and no text without end', () => {
    const { entries, log } = start()
    log.write('info', 'link.attached', 'one\nline\u001b[2J', { address: '\u202eabc', user: 'x'.repeat(10_000) })
    assert.equal(entries[0]?.message, 'one\\u000aline\\u001b[2J')
    assert.equal(entries[0]?.address, '\\u202eabc')
    assert.ok((entries[0]?.user?.length ?? 0) < 300)
  })

  it('is not made when it is less urgent than what is asked for', () => {
    const { entries, log } = start('warning')
    for (const level of ['debug', 'info', 'warning', 'error'] as const) log.write(level, 'store.broken', level)
    assert.deepEqual(
      entries.map(({ message }) => message),
      ['warning', 'error'],
    )
  })

  it('that the function does not take is reported, and hurts nobody', async (t) => {
    const defects = defectsOf(t)
    const failing = new RouterLog(() => {
      throw new Error('disk full')
    }, 'info')
    failing.write('info', 'router.stopped', 'stopped')
    const rejecting = new RouterLog(() => Promise.reject(new Error('gone')), 'info')
    rejecting.write('info', 'router.stopped', 'stopped')
    await Promise.resolve()
    await Promise.resolve()
    assert.deepEqual(
      defects.map(({ where, error }) => [where, (error as Error).message]),
      [
        ['log', 'disk full'],
        ['log', 'gone'],
      ],
    )
  })

  it('of what a peer can repeat at will is made twenty times a second, and the rest is counted', () => {
    const { entries, log } = start()
    for (let n = 0; n < 500; n += 1) log.writeSeldom('warning', 'connection.refused', 'no')
    log.writeSeldom('warning', 'authentication.failed', 'no')
    assert.ok(entries.length <= 2 * 20 + 2, String(entries.length))
    log.tellSuppressed()
    const told = entries.filter(({ event }) => event === 'connection.refused').length
    const left = entries.filter(({ event }) => event === 'log.suppressed').map(({ count = 0 }) => count)
    assert.equal(told + left.reduce((sum, count) => sum + count, 0), 500)
    log.tellSuppressed()
    assert.equal(entries.filter(({ event }) => event === 'log.suppressed').length, left.length)
  })
})

describe('the watch of what is lost', () => {
  it('tells dropped messages by their cause, in one entry however many there are', () => {
    const { entries, log } = start()
    const traffic = new Traffic()
    const watch = new LogWatch(log, {
      get counters() {
        return traffic.snapshot(0, 0, 0)
      },
      storeBroken: false,
    })
    traffic.droppedWithoutConsumer = 4_000
    traffic.droppedFull = 1
    watch.look()
    watch.look()
    traffic.droppedFull = 3
    watch.stop()
    assert.deepEqual(entries.map(pick), [
      ['warning', 'messages.dropped', '4000 messages were dropped: there was no consumer'],
      ['warning', 'messages.dropped', 'a message was dropped: the queue was full'],
      ['warning', 'messages.dropped', '2 messages were dropped: the queue was full'],
    ])
    assert.deepEqual([entries[0]?.cause, entries[0]?.count], ['droppedWithoutConsumer', 4_000])
  })

  it('tells when the store fails, and when it works again', () => {
    const { entries, log } = start()
    const router = { counters: new Traffic().snapshot(0, 0, 0), storeBroken: false }
    const watch = new LogWatch(log, router)
    for (const broken of [true, true, false, false]) {
      router.storeBroken = broken
      watch.look()
    }
    watch.stop()
    assert.deepEqual(
      entries.map(({ level, event }) => [level, event]),
      [
        ['error', 'store.broken'],
        ['info', 'store.usable'],
      ],
    )
  })

  it('has every counter of what is dropped', () => {
    const { entries, log } = start()
    const traffic = new Traffic()
    const counters = { ...traffic.snapshot(0, 0, 0) } as Record<string, number>
    const names = Object.keys(counters).filter((name) => name.startsWith('dropped'))
    const watched = { counters: { ...counters } as never, storeBroken: false }
    const watch = new LogWatch(log, watched)
    for (const name of names) counters[name] = 1
    watched.counters = counters as never
    watch.stop()
    assert.deepEqual(entries.map(({ cause }) => cause).sort(), names.sort())
  })
})

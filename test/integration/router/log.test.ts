// What a router says to its log while peers come, go wrong and leave.

import assert from 'node:assert/strict'
import { connect as connectTcp } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { RouterLogEntry, RouterOptions } from '../../../src/router/index.ts'
import { defectsOf } from '../../support/defects.ts'
import { Bus, message, until } from './bus.ts'

interface Logged {
  readonly bus: Bus
  readonly entries: RouterLogEntry[]
  /** The first entry of this event; waits for it. */
  first(event: RouterLogEntry['event']): Promise<RouterLogEntry>
}

async function start(t: TestContext, options: RouterOptions = {}): Promise<Logged> {
  const entries: RouterLogEntry[] = []
  const bus = await Bus.start(t, { log: (entry) => entries.push(entry), logLevel: 'debug', ...options })
  const first = async (event: RouterLogEntry['event']): Promise<RouterLogEntry> => {
    await until(() => entries.some((entry) => entry.event === event))
    return entries.find((entry) => entry.event === event) as RouterLogEntry
  }
  return { bus, entries, first }
}

describe('the log of a router', () => {
  it('tells its beginning and its end', async (t) => {
    const { bus, entries } = await start(t)
    await bus.router.close()
    assert.deepEqual(
      entries.map(({ event, level }) => [event, level]),
      [
        ['router.listening', 'info'],
        ['router.draining', 'info'],
        ['router.stopped', 'info'],
      ],
    )
    assert.equal(entries[0]?.url, bus.router.url)
  })

  it('tells connections and links, with the names that $management has for them', async (t) => {
    const { bus, first } = await start(t)
    const connection = await bus.connect({ containerId: 'me\n', hostname: 'other.example' })
    const receiver = await bus.receiver({ address: 'x', name: 'mine', onDelivery: () => {} }, connection)
    const opened = await first('connection.opened')
    assert.deepEqual([opened.container, opened.virtualHost, opened.level], ['me\\u000a', 'other.example', 'info'])
    const attached = await first('link.attached')
    assert.deepEqual(
      [attached.connection, attached.linkName, attached.direction, attached.address, attached.level],
      [opened.connection, 'mine', 'out', 'x', 'debug'],
    )
    await receiver.detach()
    assert.equal((await first('link.detached')).link, attached.link)
    await connection.close()
    const closed = await first('connection.closed')
    assert.equal(closed.connection, opened.connection)
    assert.match(closed.message, /closed by the peer/)
  })

  it('tells links that are refused, and why', async (t) => {
    const { bus, first } = await start(t)
    await assert.rejects(bus.sender({ address: 'amqp:/_topo/0/x/temp.y', name: 'lost\u001b[2J' }))
    const { condition, linkName, message: text } = await first('link.refused')
    assert.deepEqual([condition, linkName], ['amqp:not-found', 'lost\\u001b[2J'])
    assert.match(text, /a link was refused, amqp:not-found/)
  })

  it('tells who could not show who he is, and never what he showed', async (t) => {
    const { bus, entries, first } = await start(t, { sasl: { authenticate: () => false } })
    const sasl = { username: 'eve\u0007', password: 'S3cret!' }
    await assert.rejects(bus.connect({ sasl }))
    const failed = await first('authentication.failed')
    assert.deepEqual([failed.user, failed.mechanism, failed.level], ['eve\\u0007', 'PLAIN', 'warning'])
    assert.match(failed.message, /the credentials of the peer were refused, of "eve\\u0007"/)
    assert.match(failed.remoteAddress ?? '', /^127\.0\.0\.1:\d+$/)
    assert.ok(!JSON.stringify(entries).includes('S3cret'))
    assert.ok(!entries.some(({ event }) => event === 'connection.opened'))
  })

  it('tells who found no place, and who spoke something else', async (t) => {
    const { bus, entries, first } = await start(t, { maxConnections: 1 })
    const stranger = connectTcp(bus.router.port, '127.0.0.1')
    stranger.on('error', () => {})
    stranger.write('GET / HTTP/1.1\r\n\r\n')
    stranger.resume()
    const refused = await first('connection.refused')
    assert.equal(refused.level, 'info')
    await until(() => stranger.closed)
    entries.length = 0
    await bus.connect()
    await assert.rejects(bus.connect())
    const { level, condition } = await first('connection.refused')
    assert.deepEqual([level, condition], ['warning', 'amqp:resource-limit-exceeded'])
  })

  it('tells what was lost when it ends, if not before', async (t) => {
    const { bus, entries } = await start(t)
    const sender = await bus.sender({ target: {}, source: { address: 'me' } })
    for (let n = 0; n < 5; n += 1) await sender.send(message('m', 'nobody'), { settled: true })
    await until(() => bus.router.counters.droppedWithoutConsumer === 5)
    await bus.router.close()
    const dropped = entries.filter(({ event }) => event === 'messages.dropped')
    assert.equal(
      dropped.reduce((sum, { count = 0 }) => sum + count, 0),
      5,
    )
    assert.deepEqual([dropped[0]?.cause, dropped[0]?.level], ['droppedWithoutConsumer', 'warning'])
  })

  it('is left alone when its function fails: messages pass all the same', async (t) => {
    const failing = () => {
      throw new Error('no')
    }
    const defects = defectsOf(t)
    const { bus } = await start(t, { log: failing })
    const collector = await bus.collector({ address: 'x' })
    const sender = await bus.sender({ address: 'x' })
    assert.equal((await sender.send(message('m'))).type, 'accepted')
    assert.deepEqual(await collector.count(1), ['m'])
    await bus.router.close()
    assert.ok(defects.every(({ where }) => where === 'log') && defects.length > 3)
  })

  it('is as long as it is asked to be', async (t) => {
    const { bus, entries } = await start(t, { logLevel: 'warning' })
    await bus.collector({ address: 'x' })
    await bus.router.close()
    assert.deepEqual(entries, [])
  })
})

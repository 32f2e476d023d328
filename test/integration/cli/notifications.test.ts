// `omsg notify` and `omsg listen`, through `omsg router`.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/index.ts'
import { failureOf, omsg, startListener, startOmsg, startRouterProgram, useRouterProgram } from '../../support/omsg.ts'
import type { Ended } from '../../support/program.ts'

interface Line {
  readonly priority: string
  readonly publisher_id: string
  readonly event_type: string
  readonly payload: unknown
  readonly metadata: { readonly message_id: string; readonly timestamp: string }
  readonly ctxt: unknown
}

/** Addresses that no rule of the router makes queues. */
const ELSEWHERE = ['--option', 'notify_address_prefix=elsewhere']

describe('over omsg router,', { concurrency: 4 }, () => {
  const router = useRouterProgram()
  const listen = (...args: readonly string[]) => startListener(['--url', router.url, ...args])
  const notify = (...args: readonly string[]): Promise<Ended> =>
    omsg(['notify', '--url', router.url, '--timeout-ms', '15000', ...args])

  async function published(...args: readonly string[]): Promise<void> {
    assert.deepEqual(await notify(...args), { code: 0, stdout: [], stderr: [] })
  }

  it('what is published is printed as one JSON object a line', async () => {
    const listener = await listen('--topic', 'facts', '--count', '1')
    await published(
      ...['--topic', 'facts', '--publisher-id', 'compute.node-1', '--context', '{"user": "ada"}'],
      ...['compute.create.end', '{"id": 9007199254740993}'],
    )
    const { code, stdout, stderr } = await listener.end()
    assert.deepEqual([code, stdout.length, stderr], [0, 1, ['READY', '1 shown (1 info)']])
    assert.match(stdout[0] as string, /"payload": \{"id": 9007199254740993\}/)
    const { metadata, payload, ...line } = JSON.parse(stdout[0] as string) as Line
    assert.deepEqual(line, {
      priority: 'info',
      publisher_id: 'compute.node-1',
      event_type: 'compute.create.end',
      ctxt: { user: 'ada' },
    })
    assert.match(metadata.message_id, /^[0-9a-f-]{36}$/)
    assert.match(metadata.timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
  })

  it('--count ends after so many, and the next listener gets the rest', async () => {
    const first = await listen('--topic', 'counted', '--count', '2')
    const sent = [1, 2, 3].map((n) => published('--topic', 'counted', 'e', String(n)))
    assert.equal((await first.end()).stdout.length, 2)
    const second = await listen('--topic', 'counted', '--count', '1')
    await Promise.all(sent)
    const { stdout } = await second.end()
    const payloads = [...first.stdout, ...stdout].map((line) => (JSON.parse(line) as Line).payload)
    assert.deepEqual(payloads.sort(), [1, 2, 3])
  })

  it('a listener takes the priorities that it names, in both formats', async () => {
    const listener = await listen('--topic', 'some', '--priority', 'error,audit', '--count', '2')
    await published('--topic', 'some', '--priority', 'info', 'e', '0')
    await published('--topic', 'some', '--priority', 'error', '--format', 'messagingv2', 'e', '1')
    await published('--topic', 'some', '--priority', 'AUDIT', '--format', 'messaging', 'e', '2')
    const lines = (await listener.end()).stdout.map((line) => JSON.parse(line) as Line)
    assert.deepEqual(
      lines.map(({ priority, payload }) => [priority, payload]),
      [
        ['error', 1],
        ['audit', 2],
      ],
    )
  })

  it('a listener takes every priority unless told which', async () => {
    const listener = await listen('--topic', 'every', '--count', '7')
    const priorities = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample']
    await Promise.all(priorities.map((priority) => published('--topic', 'every', '--priority', priority, 'e', 'null')))
    const seen = (await listener.end()).stdout.map((line) => (JSON.parse(line) as Line).priority)
    assert.deepEqual(seen.sort(), priorities.sort())
  })

  it('the payload may be any JSON, even below zero', async () => {
    const listener = await listen('--topic', 'any', '--count', '2')
    await published('--topic', 'any', 'e', '-5')
    await published('--topic', 'any', 'e', '--', '-Infinity')
    const { stdout } = await listener.end()
    assert.match(stdout[0] as string, /"payload": -5,/)
    assert.match(stdout[1] as string, /"payload": -Infinity,/)
  })

  it('a listener with a pool of its own takes nothing from others', async () => {
    const [tail, own] = await Promise.all([
      listen('--topic', 'shared', '--count', '2', '--pool', 'tail'),
      listen('--topic', 'shared', '--count', '2'),
    ])
    for (const event of ['one', 'two']) await notify('--topic', 'shared', event, '{}')
    for (const listener of [tail, own]) {
      const lines = (await listener.end()).stdout.map((line) => JSON.parse(line) as Line)
      assert.deepEqual(
        lines.map(({ event_type }) => event_type),
        ['one', 'two'],
      )
    }
  })

  it('a notification that nobody takes waits for its listener', async () => {
    await published('--topic', 'later', 'e', '1')
    const listener = await listen('--topic', 'later', '--count', '1')
    const { stdout } = await listener.end()
    assert.match(stdout[0] as string, /"payload": 1,/)
  })

  it('a notification that nobody takes ends with 1 where its address is no queue', async () => {
    const ended = await notify('--topic', 'nobody', ...ELSEWHERE, '--timeout-ms', '300', 'e', '{}')
    assert.deepEqual([ended.code, ended.stdout], [1, []])
    assert.equal(failureOf(ended).code, 'MESSAGE_DELIVERY_FAILURE')
  })

  it('--option reaches the driver of both', async () => {
    const listener = await listen('--topic', 'options', '--count', '1', ...ELSEWHERE)
    await published('--topic', 'options', 'e', '1')
    await published('--topic', 'options', ...ELSEWHERE, 'e', '2')
    const { stdout } = await listener.end()
    assert.equal(stdout.length, 1)
    assert.match(stdout[0] as string, /"payload": 2,/)
  })

  it('a listener shows what its filters choose, acknowledges the rest, and counts both at its end', async () => {
    const filters = ['--event-type', 'compute.*', '--event-type', '*.end', '--publisher', 'node-1,node-2']
    const listener = await listen('--topic', 'filtered', '--count', '2', ...filters)
    const publishes = (publisher: string, ...args: readonly string[]): Promise<void> =>
      published('--topic', 'filtered', '--publisher-id', publisher, ...args)
    await publishes('node-1', 'image.start', '0')
    await publishes('node-3', 'compute.start', '0')
    await publishes('node-1', '--priority', 'error', 'compute.start', '1')
    await publishes('node-2', 'image.end', '2')
    const { code, stdout, stderr } = await listener.end()
    assert.equal(code, 0)
    assert.deepEqual(
      stdout.map((line) => (JSON.parse(line) as Line).payload),
      [1, 2],
    )
    assert.deepEqual(stderr, ['READY', '2 shown (1 error, 1 info), 2 passed over'])
    // Nothing is left for the next one.
    const next = await listen('--topic', 'filtered', '--count', '1')
    await publishes('node-4', 'the.last', '3')
    assert.equal((JSON.parse((await next.end()).stdout[0] as string) as Line).payload, 3)
  })

  it('a listener that is stopped says how many there were, and prints nothing else on stdout', async () => {
    const listener = await listen('--topic', 'stopped', '--json')
    await published('--topic', 'stopped', 'e', '1')
    await listener.line('stdout', /"payload": 1,/)
    const { stdout, stderr } = await listener.stop('SIGINT')
    assert.deepEqual([stdout.length, stderr], [1, ['READY', '1 shown (1 info)']])
  })

  it('--format cloudevents prints CloudEvents, one a line', async () => {
    const listener = await listen('--topic', 'cloud', '--count', '1', '--format', 'cloudevents')
    await published(
      ...[
        '--topic',
        'cloud',
        '--publisher-id',
        'node 1',
        '--priority',
        'error',
        '--context',
        '{"request_id": "req-1"}',
      ],
      ...['compute.create.error', '{"id": 7, "load": NaN}'],
    )
    const { stdout, stderr } = await listener.end()
    assert.deepEqual([stdout.length, stderr], [1, ['READY', '1 shown (1 error)']])
    const { id, time, ...rest } = JSON.parse(stdout[0] as string) as Record<string, unknown>
    assert.match(String(id), /^[0-9a-f-]{36}$/)
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    assert.deepEqual(rest, {
      specversion: '1.0',
      source: 'node%201',
      type: 'compute.create.error',
      datacontenttype: 'application/json',
      priority: 'error',
      requestid: 'req-1',
      data: { id: 7, load: null },
    })
  })

  it('what is no notification is refused, told and counted', async () => {
    const listener = await listen('--topic', 'malformed', '--count', '1', '--priority', 'info')
    const connection = await connect({ port: Number(new URL(router.url).port) })
    const session = await connection.openSession()
    const sender = await session.attachSender({
      address: 'openstack.org/om/notify/anycast/openstack/malformed.info',
    })
    await sender.send({ body: { type: 'value', value: 'no notification' } })
    await connection.close()
    await published('--topic', 'malformed', 'e', '1')
    const { stdout, stderr } = await listener.end()
    assert.equal(stdout.length, 1)
    assert.match(stderr[1] as string, /^refused a message that is no notification: /)
    assert.equal(stderr[2], '1 shown (1 info), 1 refused as malformed')
  })
})

describe('a link that a router with access rules refuses', () => {
  it('is told by omsg listen and omsg serve once, with its address and the reason', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'omsg-access-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'users.json')
    await omsg(['passwd', '--file', file, 'bob'], { input: 'b\n' })
    const { users, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as { users: { bob: object } }
    const access = {
      send: [],
      receive: ['openstack.org/om/notify/anycast/openstack/some.info', 'openstack.org/om/rpc/anycast'],
    }
    writeFileSync(file, JSON.stringify({ ...rest, users: { bob: { ...users.bob, access } } }))
    const { program, url } = await startRouterProgram('--users', file, '--log', 'none')
    t.after(() => program.stop())
    const flags = ['--url', url.replace('//', '//bob:b@'), '--option', 'link_retry_delay=1']
    const listener = startOmsg(['listen', '--topic', 'some', '--priority', 'info,error', ...flags])
    const server = startOmsg(['serve', '--topic', 'some', '--server', 'one', ...flags])
    const refused =
      /^not receiving: receiver from "(\S+)": refused by the peer, amqp:unauthorized-access: .*; trying again$/
    await listener.line('stderr', refused)
    await server.until('two refusals', () => (server.stderr.length === 2 ? true : undefined))
    // They go on trying, and can be stopped.
    const [ofListener, ofServer] = await Promise.all([listener.stop(), server.stop()])
    assert.deepEqual([ofListener.stdout, ofServer.stdout], [[], []])
    const addressesOf = (ended: Ended): unknown[] => ended.stderr.map((line) => refused.exec(line)?.[1])
    assert.deepEqual(addressesOf(ofListener), ['openstack.org/om/notify/anycast/openstack/some.error'])
    assert.deepEqual(addressesOf(ofServer).sort(), [
      'openstack.org/om/rpc/multicast/openstack/some',
      'openstack.org/om/rpc/unicast/openstack/some/one',
    ])
  })
})

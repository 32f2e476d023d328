// `omsg notify` and `omsg listen`, through `omsg router`.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failureOf, omsg, startListener, useRouterProgram } from '../../support/omsg.ts'
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
    assert.deepEqual([code, stdout.length, stderr], [0, 1, ['READY']])
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
})

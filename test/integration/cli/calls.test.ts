// `omsg call` and `omsg cast` against `omsg serve`, through `omsg router`.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createTransport, serveRpc } from '../../../src/index.ts'
import { failureOf, omsg, startServer, useRouterProgram } from '../../support/omsg.ts'
import type { Ended, Program } from '../../support/program.ts'

interface Invocation {
  readonly method: string
  readonly args: Readonly<Record<string, unknown>>
  readonly ctxt: unknown
  readonly server: string
}

describe('over omsg router,', { concurrency: 4 }, () => {
  const router = useRouterProgram()
  let one: Program
  let two: Program
  let versioned: Program
  before(async () => {
    const start = (...flags: string[]) => startServer(['--url', router.url, '--print', ...flags])
    ;[one, two, versioned] = await Promise.all([
      start('--topic', 'demo', '--server', 'one'),
      start('--topic', 'demo', '--server', 'two'),
      start('--topic', 'old', '--server', 'three', '--version', '1.4', '--namespace', 'ns', '--exchange', 'other'),
    ])
  })
  after(() => Promise.all([one, two, versioned].map((server) => server.stop())))

  const call = (...args: readonly string[]): Promise<Ended> =>
    omsg(['call', '--url', router.url, '--topic', 'demo', '--timeout-ms', '15000', ...args])
  const cast = (...args: readonly string[]): Promise<Ended> =>
    omsg(['cast', '--url', router.url, '--topic', 'demo', '--timeout-ms', '15000', ...args])

  /** The one line of a call that succeeds. */
  async function result(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await call(...args)
    assert.deepEqual([code, stderr, stdout.length], [0, [], 1], stderr.join('\n'))
    return stdout[0] as string
  }

  async function failure(...args: readonly string[]) {
    const ended = await call(...args)
    assert.deepEqual([ended.code, ended.stdout], [1, []])
    assert.equal(ended.stderr.length, 1)
    return failureOf(ended)
  }

  it('a call prints its result as one JSON line, and nothing else', async () => {
    assert.equal(await result('add', '{"a": 2, "b": 40}'), '42')
    assert.equal(await result('--json', 'echo', '{"value": {"a": [1, "x", null]}}'), '{"a": [1, "x", null]}')
    assert.equal(await result('echo', '{"value": null}'), 'null')
  })

  it('integers stay exact, and NaN and the infinities are the tokens of Python', async () => {
    const value = '[9007199254740993, -170141183460469231731687303715884105728, NaN, Infinity, -Infinity]'
    assert.equal(await result('echo', `{"value": ${value}}`), value)
  })

  it('a result commands no terminal', async () => {
    const line = await result('echo', '{"value": "\\u001b[2J\\u009b\\u202e"}')
    assert.equal(line, '"\\u001b[2J\\u009b\\u202e"')
  })

  it('the URL may stand in OMSG_URL', async () => {
    const { stdout } = await omsg(['call', '--topic', 'demo', '--server', 'two', 'who'], {
      env: { OMSG_URL: router.url },
    })
    assert.deepEqual(stdout, ['"two"'])
  })

  it('a call to one server is answered by that one', async () => {
    assert.equal(await result('--server', 'one', 'who'), '"one"')
    assert.equal(await result('--server', 'two', 'who'), '"two"')
  })

  it('the context and the arguments reach the server, which prints them', async () => {
    await result('--server', 'one', '--context', '{"user": "jiří"}', 'echo', '{"value": "with context"}')
    const [invocation] = await one.objects<Invocation>(1, ({ args }) => args.value === 'with context')
    assert.deepEqual(invocation, {
      method: 'echo',
      args: { value: 'with context' },
      ctxt: { user: 'jiří' },
      server: 'one',
    })
  })

  it('a remote error has class, module and message, and status 1', async () => {
    const { code, class: name, module, remoteMessage } = await failure('fail', '{"message": "boom \\u001b[31m"}')
    assert.deepEqual([code, name, module, remoteMessage], ['REMOTE_ERROR', 'Exception', 'builtins', 'boom \u001b[31m'])
  })

  it('a method that the server does not have is refused', async () => {
    for (const method of ['explode', 'constructor', 'target'])
      assert.equal((await failure(method)).class, 'NoSuchMethod')
  })

  it('--version, --namespace and --exchange choose the endpoint', async () => {
    const args = (version: string) => [
      '--topic',
      'old',
      '--exchange',
      'other',
      '--namespace',
      'ns',
      '--version',
      version,
    ]
    assert.equal(await result(...args('1.2'), 'who'), '"three"')
    assert.equal((await failure(...args('1.5'), 'who')).class, 'UnsupportedVersion')
  })

  it('--option reaches the driver', async () => {
    const elsewhere = ['--option', 'rpc_address_prefix=elsewhere', '--timeout-ms', '1500', 'who']
    assert.match((await failure(...elsewhere)).message, /"elsewhere\//)
  })

  it('a call that takes too long ends at its time-out, and says what was waited for', async () => {
    const { code, message } = await failure('--timeout-ms', '1500', 'sleep', '{"ms": 5000}')
    assert.equal(code, 'MESSAGING_TIMEOUT')
    assert.match(message, /sleep.*within 1500 ms.*accepted/)
  })

  it('a monitored call outlives its monitor as long as the server gives signs of life', async () => {
    assert.equal(await result('--call-monitor-timeout-ms', '3000', 'sleep', '{"ms": 4000}'), '4000')
  })

  it('a server that is not there is told as such, at the time-out', async () => {
    const { code, message } = await failure('--server', 'three', '--timeout-ms', '1500', 'who')
    assert.equal(code, 'MESSAGING_TIMEOUT')
    assert.match(message, /demo\/three.*no consumer/)
  })

  it('a cast to nobody did not leave: status 1', async () => {
    for (const flags of [[], ['--fanout']]) {
      const ended = await cast(...flags, '--topic', 'nobody', '--timeout-ms', '1500', 'note', '{"value": 1}')
      assert.deepEqual([ended.code, ended.stdout], [1, []])
      assert.equal(failureOf(ended).code, 'MESSAGE_DELIVERY_FAILURE')
    }
  })

  it('a cast arrives once, and prints nothing', async () => {
    assert.deepEqual(await cast('--server', 'two', 'note', '{"value": "once"}'), { code: 0, stdout: [], stderr: [] })
    await two.objects<Invocation>(1, ({ args }) => args.value === 'once')
    await result('--server', 'two', 'who')
    assert.equal([...one.stdout, ...two.stdout].filter((line) => line.includes('"once"')).length, 1)
  })

  it('a cast by fan-out reaches all servers', async () => {
    assert.equal((await cast('--fanout', 'note', '{"value": "all"}')).code, 0)
    for (const server of [one, two]) await server.objects<Invocation>(1, ({ args }) => args.value === 'all')
  })

  it('a large result is complete when the command ends', async (t) => {
    const transport = createTransport(router.url)
    t.after(() => transport.close())
    const server = await serveRpc(transport, { topic: 'large', server: 'one' }, [{ large: () => 'x'.repeat(1 << 20) }])
    t.after(() => server.close())
    const line = await result('--topic', 'large', 'large')
    assert.equal(line.length, (1 << 20) + 2)
  })
})

describe('where nobody listens,', { concurrency: 4 }, () => {
  it('a refused connection is told at the time-out', async () => {
    const ended = await omsg([
      'call',
      '--url',
      'amqp://joe:s3cret@127.0.0.1:1',
      '--topic',
      't',
      '--timeout-ms',
      '1500',
      'm',
    ])
    assert.deepEqual([ended.code, ended.stdout], [1, []])
    assert.match(failureOf(ended).message, /within 1500 ms.*127\.0\.0\.1:1.*ECONNREFUSED/)
    assert.ok(!ended.stderr.join().includes('s3cret'))
  })

  it('a host without an address is told at the time-out', async () => {
    const ended = await omsg(['cast', '--url', 'amqp://nowhere.invalid', '--topic', 't', '--timeout-ms', '1500', 'm'])
    assert.equal(ended.code, 1)
    assert.match(failureOf(ended).message, /nowhere\.invalid/)
  })
})

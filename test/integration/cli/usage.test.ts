// What `omsg` says to whoever asks for help, or mistypes. Nothing here needs a bus.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startRouter } from '../../../src/router/index.ts'
import { failureOf, omsg, startOmsg } from '../../support/omsg.ts'

const URL = 'amqp://joe:s3cret@127.0.0.1:1'
const CALL = ['call', '--url', URL, '--topic', 'demo']

/** Ends with 2, prints nothing on stdout and no secret, and its text on stderr fits. */
async function refuses(args: readonly string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await omsg(args, { env: { OMSG_URL: '' } })
  const text = stderr.join('\n')
  assert.match(text, message)
  assert.deepEqual([code, stdout], [2, []], text)
  assert.ok(!text.includes('s3cret'), text)
}

describe('omsg help', { concurrency: 4 }, () => {
  it('lists the commands on stdout, as --help does', async () => {
    const [help, flag] = await Promise.all([omsg(['help']), omsg(['--help'])])
    const text = help.stdout.join('\n')
    for (const command of ['router', 'serve', 'call', 'cast', 'notify', 'listen', 'options', 'help'])
      assert.match(text, new RegExp(`^  ${command} `, 'm'))
    assert.match(text, /OMSG_URL/)
    assert.deepEqual(help, flag)
    assert.deepEqual([help.code, help.stderr], [0, []])
  })

  it('explains a command on stdout, as its --help does', async () => {
    const [help, flag] = await Promise.all([omsg(['help', 'serve']), omsg(['serve', '--help'])])
    assert.match(help.stdout.join('\n'), /Usage: omsg serve .*--server <server>.*Methods: echo/s)
    assert.deepEqual(help, flag)
    assert.deepEqual([help.code, help.stderr], [0, []])
  })

  it('does not know every command', () => refuses(['help', 'cal'], /unknown command cal; did you mean call\?/))

  it('is shown on stderr when there is no command', () => refuses([], /Usage: omsg.*no command given/s))

  it('shows no transport URL of the environment', async () => {
    const { stdout } = await omsg(['help', 'call'], { env: { OMSG_URL: URL } })
    assert.ok(!stdout.join('\n').includes('s3cret'))
  })
})

describe('omsg --version', { concurrency: 4 }, () => {
  it('is the version of the package', async () => {
    const { code, stdout } = await startOmsg(['--version']).end()
    assert.equal(code, 0)
    assert.match(stdout.join('\n'), /^\d+\.\d+\.\d+/)
  })

  it('is no such thing behind serve and call: there it is the version of the target', async () => {
    await refuses([...CALL, '--version', 'one', 'echo'], /must contain a major and minor/i)
    await refuses(
      ['serve', '--url', 'memory://', '--topic', 't', '--server', 's', '--version', 'one'],
      /major and minor/,
    )
  })
})

describe('omsg options', { concurrency: 4 }, () => {
  it('lists every driver option with its default', async () => {
    const { code, stdout } = await omsg(['options'])
    assert.equal(code, 0)
    assert.match(stdout.join('\n'), /^ {2}idle_timeout .*default: 60/m)
  })

  it('is one JSON object a line with --json', async () => {
    const { stdout } = await omsg(['options', '--json'])
    const options = stdout.map((line) => JSON.parse(line) as { name: string })
    assert.ok(options.length > 30)
    assert.ok(options.some(({ name }) => name === 'addressing_mode'))
  })
})

describe('a mistake on the command line ends with 2, and its message says what was expected:', {
  concurrency: 4,
}, () => {
  const MISTAKES: readonly [string, readonly string[], RegExp][] = [
    ['an unknown command', ['cal'], /unknown command cal; did you mean call\?/],
    ['a URL in place of the command', [URL], /unknown command amqp:\/\/\*\*\*@127/],
    ['a flag before the command', ['--url', URL, 'call'], /--url stands behind the command/],
    ['an unknown flag, though a needed one is missing', ['call', '--tpic', 'x', 'm'], /--tpic; did you mean --topic\?/],
    ['an unknown flag with a secret', [...CALL, `--ulr=${URL}`, 'm'], /unknown option --ulr; did you mean --url\?/],
    ['a flag without its value', ['call', '--topic'], /--topic <topic>' argument missing/],
    ['no topic', ['call', '--url', URL, 'm'], /--topic <topic> is missing/],
    ['an empty name', [...CALL, '--server', '', 'm'], /Expected a name/],
    ['no server name', ['serve', '--url', URL, '--topic', 't'], /--server <server> is missing/],
    ['no method', CALL, /missing required argument 'METHOD'/],
    ['one argument too many', [...CALL, 'm', '{}', '{}'], /too many arguments/],
    ['no URL', ['call', '--topic', 't', 'm'], /no transport URL.*OMSG_URL/],
    ['a text that is no URL', ['call', '--url', 'localhost', '--topic', 't', 'm'], /amqp:\/\/host:5672/],
    ['a URL of another protocol', ['call', '--url', 'rabbit://joe:s3cret@h', '--topic', 't', 'm'], /AMQP 0-9-1/],
    ['a port that is none', ['call', '--url', 'amqp://joe:s3cret@h:99999', '--topic', 't', 'm'], /0 to 65535/],
    ['arguments that are no JSON', [...CALL, 'm', '{a: 1}'], /ARGS_JSON is not JSON/],
    ['arguments that are no object', [...CALL, 'm', '[1]'], /ARGS_JSON has to be a JSON object .*not an array/],
    ['a context that is no object', [...CALL, '--context', '1', 'm'], /--context has to be a JSON object/],
    ['a payload that is no JSON', ['notify', '--url', URL, 'event', '{'], /PAYLOAD_JSON is not JSON/],
    ['no payload', ['notify', '--url', URL, 'event'], /missing required argument 'PAYLOAD_JSON'/],
    [
      'an unknown priority to notify',
      ['notify', '--url', URL, '--priority', 'loud', 'e', '1'],
      /expected one of audit/,
    ],
    ['an unknown priority to listen', ['listen', '--url', URL, '--priority', 'info,loud'], /Expected some of audit/],
    ['an unknown format', ['notify', '--url', URL, '--format', 'v3', 'e', '1'], /messaging, messagingv2/],
    ['an unknown form of lines', ['listen', '--url', URL, '--format', 'v3'], /oslo, cloudevents/],
    ['a pattern that is none', ['listen', '--url', URL, '--event-type', 'a,,b'], /Expected patterns/],
    ['a time that is none', [...CALL, '--timeout-ms', '1s', 'm'], /whole milliseconds between 1/],
    ['no notification to count', ['listen', '--url', URL, '--count', '0'], /whole number between 1/],
    ['a port beyond the last', ['router', '--port', '65536'], /port number between 0 and 65535/],
    ['a router for everybody', ['router', '--host', '0.0.0.0', '--port', '0'], /lets everybody in/],
    ...['serve --topic t --server s', 'listen', 'notify e 1', 'call --topic t m', 'cast --topic t m'].map(
      (command): [string, readonly string[], RegExp] => [
        `an unknown driver option to ${command.split(' ')[0]}`,
        [...command.split(' '), '--url', URL, '--option', 'idel_timeout=3'],
        /unknown option "idel_timeout".*did you mean "idle_timeout"\?/,
      ],
    ),
    ['a driver option with a wrong value', [...CALL, '--option', 'idle_timeout=soon', 'm'], /expected whole seconds/],
    ['a driver option without a value', [...CALL, '--option', 's3cret', 'm'], /--option takes name=value/],
  ]
  for (const [what, args, message] of MISTAKES) it(what, () => refuses(args, message))
})

describe('omsg router', () => {
  it('ends with 1 when its port is in use, and says so', async (t) => {
    const router = await startRouter()
    t.after(() => router.close())
    const ended = await omsg(['router', '--port', String(router.port)])
    assert.deepEqual([ended.code, ended.stdout], [1, []])
    assert.equal(failureOf(ended).code, 'ROUTER_LISTEN')
    assert.match(ended.stderr.join('\n'), /EADDRINUSE/)
  })
})

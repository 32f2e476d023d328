// `omsg router` with its flags and its configuration file.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type Connection, type ConnectOptions, connect } from '../../../src/amqp/index.ts'
import { type Pem, selfSigned } from '../../support/certificates.ts'
import { omsg, startOmsg } from '../../support/omsg.ts'
import type { Program } from '../../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'omsg-router-'))
let server: Pem
let client: Pem

before(async () => {
  ;[server, client] = await Promise.all([selfSigned('localhost'), selfSigned('alice')])
  write('server.pem', server.cert)
  write('server.key', server.key)
  write('clients.pem', client.cert)
})
after(() => rmSync(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)

function write(name: string, text: string): string {
  writeFileSync(at(name), text)
  return at(name)
}

interface Started {
  readonly program: Program
  readonly scheme: string
  readonly port: number
}

async function start(t: TestContext, ...args: readonly string[]): Promise<Started> {
  const program = startOmsg(['router', ...args])
  t.after(() => program.stop())
  const [, scheme = '', port] = await program.line('stdout', /^listening on (amqps?):\/\/\S+:(\d+)$/)
  return { program, scheme, port: Number(port) }
}

async function open(t: TestContext, port: number, options: ConnectOptions = {}): Promise<Connection> {
  const connection = await connect({ host: 'localhost', port, ...options })
  t.after(() => connection.close())
  return connection
}

async function refuses(args: readonly string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await omsg(['router', ...args])
  assert.match(stderr.join('\n'), message)
  assert.deepEqual([code, stdout], [2, []], stderr.join('\n'))
}

describe('omsg router', { concurrency: 4 }, () => {
  it('follows its file, and names on stderr what it does not follow', async (t) => {
    const config = write(
      'qdrouterd.conf',
      'router {\n id: from-file\n}\nlistener {\n port: 0\n maxFrameSize: 1000\n}\nlog {\n module: DEFAULT\n}\n',
    )
    const { program, port } = await start(t, '--config', config)
    const { remote } = await open(t, port)
    assert.deepEqual([remote.containerId, remote.maxFrameSize], ['from-file', 1_000])
    assert.deepEqual(program.stderr, [`${config}: not used here: log (line 8)`])
  })

  it('takes a flag before its file, and the file before the defaults', async (t) => {
    const config = write(
      'router.json',
      '{ "port": 1, "containerId": "from-file", "idleTimeoutMs": 8000, "maxFrameSize": 1000 }',
    )
    const { program, port } = await start(
      t,
      '--config',
      config,
      '--port',
      '0',
      '--id',
      'from-flag',
      '--idle-timeout-ms',
      '4000',
    )
    const { remote } = await open(t, port)
    assert.deepEqual([remote.containerId, remote.idleTimeoutMs, remote.maxFrameSize], ['from-flag', 2_000, 1_000])
    assert.deepEqual(program.stderr, [])
  })

  it('has its limits from flags', async (t) => {
    const { port } = await start(
      t,
      '--port',
      '0',
      '--max-links',
      '1',
      '--max-addresses',
      '5',
      '--hostname',
      'r.example',
    )
    const session = await (await open(t, port)).openSession()
    await session.attachSender({ address: 'a' })
    await assert.rejects(session.attachSender({ address: 'b' }), { condition: 'amqp:resource-limit-exceeded' })
  })

  it('speaks TLS with the certificate of its flags, and may ask clients for theirs', async (t) => {
    const tls = ['--tls-cert', at('server.pem'), '--tls-key', at('server.key')]
    const plain = await start(t, '--port', '0', ...tls)
    assert.equal(plain.scheme, 'amqps')
    await open(t, plain.port, { tls: { ca: server.cert } })

    const asking = await start(t, '--port', '0', ...tls, '--tls-ca', at('clients.pem'))
    await open(t, asking.port, { tls: { ca: server.cert } })
    await open(t, asking.port, { tls: { ca: server.cert, ...client }, sasl: { mechanisms: ['EXTERNAL'] } })

    const requiring = await start(
      t,
      '--port',
      '0',
      '--host',
      '0.0.0.0',
      ...tls,
      '--tls-ca',
      at('clients.pem'),
      '--require-client-cert',
    )
    await open(t, requiring.port, { tls: { ca: server.cert, ...client } })
    await assert.rejects(connect({ host: 'localhost', port: requiring.port, tls: { ca: server.cert } }))
  })

  it('listens for others when it is told to let everybody in', async (t) => {
    const { port } = await start(t, '--host', '0.0.0.0', '--port', '0', '--allow-anonymous')
    await open(t, port, { host: '127.0.0.1' })
  })

  it('explains its flags, with an example', async () => {
    const { code, stdout } = await omsg(['help', 'router'])
    const text = stdout.join('\n')
    assert.equal(code, 0)
    for (const flag of ['--config', '--tls-cert', '--require-client-cert', '--max-connections', '--idle-timeout-ms'])
      assert.match(text, new RegExp(`^  ${flag} `, 'm'))
    assert.match(text, /Example:\n {2}omsg router --port 5671/)
  })
})

describe('a mistake in what omsg router is told ends with 2:', { concurrency: 4 }, () => {
  it('a file that is not there', () => refuses(['--config', at('none')], /none: cannot be read: ENOENT/))
  it('an option of the file that does not exist', () =>
    refuses(['--config', write('unknown.json', '{\n"prot": 1 }')], /unknown\.json:2: .*"prot"; did you mean "port"\?/))
  it('a block that is misspelt', () =>
    refuses(['--config', write('block.conf', '\nadress {\n}')], /block\.conf:2: .*"adress"; did you mean "address"\?/))
  it('a file that asks for users', () =>
    refuses(
      ['--port', '0', '--config', write('users.conf', 'listener {\nauthenticatePeer: yes\n}')],
      /PLAIN alone lets nobody in/,
    ))
  it('a certificate without its key', () =>
    refuses(['--tls-cert', at('server.pem')], /--tls-cert and --tls-key go together/))
  it('a certificate file that is not there', () =>
    refuses(['--tls-cert', at('no.pem'), '--tls-key', at('server.key')], /--tls-cert: cannot read .*no\.pem: ENOENT/))
  it('a certificate that is none', () =>
    refuses(['--tls-cert', at('server.key'), '--tls-key', at('server.key')], /^error: tls: certificate, key/))
  it('client certificates without TLS', () => refuses(['--require-client-cert'], /need --tls-cert and --tls-key/))
  it('client certificates of anybody', () =>
    refuses(
      ['--tls-cert', at('server.pem'), '--tls-key', at('server.key'), '--require-client-cert'],
      /--require-client-cert needs --tls-ca/,
    ))
  it('a limit that is none', () => refuses(['--max-links', '0'], /whole number between 1/))
  it('a frame size that AMQP does not have', () => refuses(['--max-frame-size', '100'], /maxFrameSize: .* from 512/))
  it('a distribution that there is not', () =>
    refuses(['--default-distribution', 'nearest'], /defaultDistribution: expected one of multicast, closest/))
  it('a host that others reach', () =>
    refuses(
      ['--port', '0', '--config', write('host.json', '{ "host": "0.0.0.0" }')],
      /host 0\.0\.0\.0: .*lets everybody in.*--allow-anonymous/,
    ))
})

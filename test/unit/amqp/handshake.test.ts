import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import { ConnectionError, SaslError } from '../../../src/amqp/errors.ts'
import type { ServerSaslOptions } from '../../../src/amqp/options.ts'
import { PROTOCOL } from '../../../src/codec/frame.ts'
import { startListener } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { dial, frameBytes, headerBytes, type ScriptedPeer, scriptedServer } from '../../support/scripted-peer.ts'

const OPEN = { type: 'open', containerId: 'scripted' } as const
const mechanisms = (...names: string[]) => ({ type: 'sasl-mechanisms', saslServerMechanisms: names }) as const
const outcome = (code: number) => ({ type: 'sasl-outcome', code }) as const

async function serveSasl(peer: ScriptedPeer, offered: string[], code: number): Promise<string | undefined> {
  await peer.expectHeader(PROTOCOL.SASL)
  peer.sendHeader(PROTOCOL.SASL)
  peer.send(mechanisms(...offered))
  const init = await peer.expect('sasl-init')
  peer.send(outcome(code))
  if (code === 0) {
    await peer.expectHeader()
    peer.sendHeader()
    await peer.expect('open')
    peer.send(OPEN)
  }
  return init.initialResponse?.toString()
}

describe('the handshake of a client', () => {
  it('without credentials is the bare AMQP header, with the Open right behind it', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port })
    const peer = await server.accept()
    await peer.expectHeader()
    await peer.expect('open') // our header has not been sent yet
    peer.sendHeader()
    peer.send(OPEN)
    const connection = await connecting
    assert.equal(connection.isOpen, true)
    assert.equal(connection.username, undefined)
    connection.abort(new Error('done'))
  })

  it('starts anew with ANONYMOUS when the peer insists on SASL', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port })
    const first = await server.accept()
    await first.expectHeader()
    first.sendHeader(PROTOCOL.SASL)
    assert.equal(await serveSasl(await server.accept(), ['PLAIN', 'ANONYMOUS'], 0), 'anonymous')
    ;(await connecting).abort(new Error('done'))
  })

  it('with a user name is SASL PLAIN', async (t) => {
    const server = await scriptedServer(t)
    const sasl = { username: 'alice', password: 'secret' }
    const connecting = connect({ host: '127.0.0.1', port: server.port, sasl })
    assert.equal(await serveSasl(await server.accept(), ['ANONYMOUS', 'PLAIN'], 0), '\0alice\0secret')
    const connection = await connecting
    assert.equal(connection.username, 'alice')
    connection.abort(new Error('done'))
  })

  it('ends with a SaslError when the credentials are refused', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port, sasl: { username: 'alice' } })
    const refused = assert.rejects(connecting, { name: 'SaslError', code: 'AMQP_SASL', origin: 'remote' })
    await serveSasl(await server.accept(), ['PLAIN'], 1)
    await refused
  })

  it('ends with a SaslError when no mechanism is in common', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port, sasl: { username: 'alice' } })
    const refused = assert.rejects(connecting, { code: 'AMQP_SASL', message: /no common SASL mechanism/ })
    const peer = await server.accept()
    await peer.expectHeader(PROTOCOL.SASL)
    peer.sendHeader(PROTOCOL.SASL)
    peer.send(mechanisms('GSSAPI'))
    await refused
    await peer.expectEnd()
  })

  for (const [what, bytes] of [
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['another version of AMQP', Buffer.from('AMQP\x00\x00\x09\x01', 'latin1')],
    ['the TLS header', headerBytes(PROTOCOL.TLS)],
    ['an outcome before the mechanisms', Buffer.concat([headerBytes(PROTOCOL.SASL), frameBytes(outcome(0))])],
    [
      'a second list of mechanisms',
      Buffer.concat([headerBytes(3), frameBytes(mechanisms('PLAIN')), frameBytes(mechanisms('PLAIN'))]),
    ],
    ['an Open instead of SASL', Buffer.concat([headerBytes(PROTOCOL.SASL), frameBytes(OPEN)])],
    ['the AMQP header although SASL was asked for', headerBytes()],
  ] as const)
    it(`ends with a ConnectionError when the peer answers with ${what}`, async (t) => {
      const server = await scriptedServer(t)
      const connecting = connect({ host: '127.0.0.1', port: server.port, sasl: { username: 'alice' } })
      const refused = assert.rejects(connecting, (error) => error instanceof ConnectionError)
      const peer = await server.accept()
      peer.sendRaw(bytes)
      await refused
    })

  it('ends with a ConnectionError when the peer closes before its Open', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port })
    const refused = assert.rejects(connecting, {
      name: 'ConnectionError',
      message: /closed the socket before its Open/,
    })
    for (const header of [PROTOCOL.AMQP, PROTOCOL.SASL]) {
      const peer = await server.accept()
      await peer.expectHeader(header)
      peer.socket.end()
    }
    await refused
  })

  for (const [how, close] of [
    ['closes', (peer: ScriptedPeer) => peer.socket.end()],
    ['resets the connection', (peer: ScriptedPeer) => peer.socket.resetAndDestroy()],
  ] as const)
    it(`starts anew with ANONYMOUS when the peer ${how} instead of an answer`, async (t) => {
      const server = await scriptedServer(t)
      const connecting = connect({ host: '127.0.0.1', port: server.port })
      const first = await server.accept()
      await first.expectHeader()
      close(first)
      assert.equal(await serveSasl(await server.accept(), ['PLAIN', 'ANONYMOUS'], 0), 'anonymous')
      ;(await connecting).abort(new Error('done'))
    })

  it('is not started anew when the peer takes the bare header and closes then, or was given credentials', async (t) => {
    const server = await scriptedServer(t)
    const lost = { name: 'ConnectionError', message: /closed the socket before its Open/ }
    const bare = assert.rejects(connect({ host: '127.0.0.1', port: server.port }), lost)
    const first = await server.accept()
    await first.expectHeader()
    first.sendHeader()
    first.socket.end()
    await bare
    const named = assert.rejects(connect({ host: '127.0.0.1', port: server.port, sasl: { username: 'alice' } }), lost)
    const second = await server.accept()
    await second.expectHeader(PROTOCOL.SASL)
    second.socket.end()
    await named
  })

  it('has one deadline for both attempts', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port, connectTimeoutMs: 60 })
    const late = assert.rejects(connecting, { name: 'ConnectionError', message: /within 60 ms/ })
    const first = await server.accept()
    await first.expectHeader()
    first.socket.end()
    await late
  })

  it('ends in its time when the peer says nothing', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port, connectTimeoutMs: 50 })
    await assert.rejects(connecting, { name: 'ConnectionError', message: /did not answer the Open within 50 ms/ })
    const peer = await server.accept()
    await peer.expectHeader()
    await peer.expect('open')
    await peer.expectEnd()
  })

  it('ends with the reason of the signal', async (t) => {
    const server = await scriptedServer(t)
    const controller = new AbortController()
    const connecting = connect({ host: '127.0.0.1', port: server.port, signal: controller.signal })
    const peer = await server.accept()
    await peer.expectHeader()
    const reason = new Error('changed my mind')
    controller.abort(reason)
    await assert.rejects(connecting, (error) => error === reason)
    await assert.rejects(connect({ port: server.port, signal: controller.signal }), (error) => error === reason)
  })

  it('never starts with options that no Open can carry', async () => {
    const properties = { broken: Symbol('x') as unknown as string }
    await assert.rejects(connect({ port: 1, properties }), { code: 'AMQP_ENCODE' })
    await assert.rejects(connect({ port: 70_000 }), RangeError)
  })

  it('says which address did not answer', async () => {
    await assert.rejects(connect({ host: '127.0.0.1', port: 1 }), {
      code: 'AMQP_CONNECTION',
      message: /127\.0\.0\.1:1: cannot connect, .*ECONNREFUSED/,
    })
  })
})

async function dialListener(
  t: TestContext,
  sasl: ServerSaslOptions,
): Promise<{ peer: ScriptedPeer; opened: Connection[] }> {
  const opened: Connection[] = []
  const listener = await startListener(t, { sasl, onConnection: (connection) => opened.push(connection) })
  return { peer: await dial(t, listener.port), opened }
}

describe('the handshake of a listener', () => {
  it('takes the bare AMQP header unless it must know who comes', async (t) => {
    const { peer, opened } = await dialListener(t, {})
    await peer.openAsClient()
    assert.equal(opened.length, 1)
  })

  it('answers the bare header with the SASL header when it must, and ends', async (t) => {
    const { peer } = await dialListener(t, { authenticate: () => true })
    peer.sendHeader()
    await peer.expectHeader(PROTOCOL.SASL)
    await peer.expectEnd()
  })

  it('lets a client in with SASL', async (t) => {
    const { peer, opened } = await dialListener(t, { authenticate: (_, name, password) => name + password === 'ab' })
    peer.sendHeader(PROTOCOL.SASL)
    await peer.expectHeader(PROTOCOL.SASL)
    assert.deepEqual((await peer.expect('sasl-mechanisms')).saslServerMechanisms, ['PLAIN'])
    peer.send({ type: 'sasl-init', mechanism: 'PLAIN', initialResponse: Buffer.from('\0a\0b') })
    assert.equal((await peer.expect('sasl-outcome')).code, 0)
    await peer.openAsClient()
    assert.equal(opened[0]?.username, 'a')
  })

  it('takes all that a client sends without waiting, as qpid-proton does with ANONYMOUS', async (t) => {
    const { peer, opened } = await dialListener(t, {})
    peer.sendRaw(
      Buffer.concat([
        headerBytes(PROTOCOL.SASL),
        frameBytes({ type: 'sasl-init', mechanism: 'ANONYMOUS' }),
        headerBytes(),
        frameBytes(OPEN),
      ]),
    )
    await peer.expectHeader(PROTOCOL.SASL)
    await peer.expect('sasl-mechanisms')
    assert.equal((await peer.expect('sasl-outcome')).code, 0)
    await peer.expectHeader()
    await peer.expect('open')
    assert.equal(opened.length, 1)
  })

  it('refuses wrong credentials with the outcome, and ends', async (t) => {
    const { peer } = await dialListener(t, { authenticate: async () => false })
    peer.sendHeader(PROTOCOL.SASL)
    await peer.expectHeader(PROTOCOL.SASL)
    await peer.expect('sasl-mechanisms')
    peer.send({ type: 'sasl-init', mechanism: 'PLAIN', initialResponse: Buffer.from('\0a\0b') })
    assert.equal((await peer.expect('sasl-outcome')).code, 1)
    await peer.expectEnd()
  })

  it('says "try again" when its authenticator fails', async (t) => {
    const defects = defectsOf(t)
    const { peer } = await dialListener(t, { authenticate: () => Promise.reject(new Error('down')) })
    peer.sendHeader(PROTOCOL.SASL)
    await peer.expectHeader(PROTOCOL.SASL)
    await peer.expect('sasl-mechanisms')
    peer.send({ type: 'sasl-init', mechanism: 'PLAIN', initialResponse: Buffer.from('\0a\0b') })
    assert.equal((await peer.expect('sasl-outcome')).code, 4)
    await peer.expectEnd()
    assert.equal(defects.length, 1)
  })

  for (const [when, before] of [
    ['at once', []],
    ['after the SASL header', [headerBytes(PROTOCOL.SASL)]],
    [
      'while its credentials are looked at',
      [
        headerBytes(PROTOCOL.SASL),
        frameBytes({ type: 'sasl-init', mechanism: 'PLAIN', initialResponse: Buffer.from('\0a\0b') }),
      ],
    ],
  ] as const)
    it(`lets nobody in who sends an Open ${when}, instead of credentials that are good`, async (t) => {
      const { peer, opened } = await dialListener(t, { authenticate: () => new Promise(() => {}) })
      peer.sendRaw(Buffer.concat([...before, frameBytes(OPEN), headerBytes(), frameBytes(OPEN)]))
      await assert.rejects(peer.expectLater('open'), /the connection ended/)
      assert.equal(opened.length, 0)
    })

  it('answers what is no AMQP with the header that it takes, and ends', async (t) => {
    const { peer } = await dialListener(t, {})
    peer.sendRaw(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
    await peer.expectHeader()
    await peer.expectEnd()
    const other = (await dialListener(t, { authenticate: () => true })).peer
    other.sendRaw(Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'))
    await other.expectHeader(PROTOCOL.SASL)
    await other.expectEnd()
  })

  it('takes no SASL frame after the handshake', async (t) => {
    const { peer } = await dialListener(t, {})
    await peer.openAsClient()
    peer.send({ type: 'sasl-init', mechanism: 'ANONYMOUS' })
    const close = await peer.expect('close')
    assert.equal(close.error?.condition, 'amqp:connection:framing-error')
    assert.match(close.error?.description ?? '', /found type 1/)
  })

  it('and the client of this library understand each other', async (t) => {
    const authenticate = (_: string, name: string): boolean => name === 'alice'
    const listener = await startListener(t, { sasl: { authenticate } })
    const { port } = listener
    await using connection = await connect({ host: '127.0.0.1', port, sasl: { username: 'alice', password: 'x' } })
    assert.equal(connection.username, 'alice')
    await assert.rejects(connect({ host: '127.0.0.1', port, sasl: { username: 'bob' } }), SaslError)
    await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'AMQP_SASL', message: /offers PLAIN/ })
  })
})

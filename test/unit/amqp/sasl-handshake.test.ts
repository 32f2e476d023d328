// SASL in several steps over a socket, with a peer that says what it should and what it should not.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import { ConnectionError } from '../../../src/amqp/errors.ts'
import type { ClientSaslOptions, ConnectOptions, ListenOptions, ServerSaslOptions } from '../../../src/amqp/options.ts'
import { ScramClient } from '../../../src/amqp/sasl-scram-client.ts'
import { ScramServer } from '../../../src/amqp/sasl-scram-server.ts'
import { makeScramCredentials } from '../../../src/amqp/scram-credentials.ts'
import { ScramDecoy } from '../../../src/amqp/scram-decoy.ts'
import { PROTOCOL } from '../../../src/codec/frame.ts'
import { startListener, until } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { challengeOf } from '../../support/sasl-fixtures.ts'
import { dial, frameBytes, type ScriptedPeer, scriptedServer } from '../../support/scripted-peer.ts'

const M = 'SCRAM-SHA-256'
const user = { username: 'alice', password: 'pencil' }
const mechanisms = (...names: string[]) => ({ type: 'sasl-mechanisms', saslServerMechanisms: names }) as const
const challenge = (text: string | Buffer) => ({ type: 'sasl-challenge', challenge: Buffer.from(text) }) as const
const outcome = (code: number, data?: string) =>
  ({ type: 'sasl-outcome', code, additionalData: data === undefined ? undefined : Buffer.from(data) }) as const
const choice = (mechanism: string, response?: string | Buffer) =>
  ({
    type: 'sasl-init',
    mechanism,
    initialResponse: response === undefined ? undefined : Buffer.from(response),
  }) as const
const response = (text: string | Buffer) => ({ type: 'sasl-response', response: Buffer.from(text) }) as const

const context = { hostname: undefined, remoteAddress: '' }

/** The arithmetic of a peer that knows alice. */
async function knowing(): Promise<ScramServer> {
  const credentials = await makeScramCredentials(M, 'pencil', { iterations: 4096 })
  return new ScramServer(M, () => credentials, new ScramDecoy(), context)
}

/** A client of ours that is connecting, and the scripted server that has offered those mechanisms. */
async function offering(
  t: TestContext,
  sasl: ClientSaslOptions,
  offered: readonly string[],
  options: ConnectOptions = {},
): Promise<{ peer: ScriptedPeer; connecting: Promise<Connection> }> {
  const server = await scriptedServer(t)
  const connecting = connect({ host: '127.0.0.1', port: server.port, sasl, ...options })
  connecting.then(
    (connection) => t.after(() => connection.abort(new Error('the test is over'))),
    () => {},
  )
  const peer = await server.accept()
  await peer.expectHeader(PROTOCOL.SASL)
  peer.sendHeader(PROTOCOL.SASL)
  peer.send(mechanisms(...offered))
  return { peer, connecting }
}

const refused = (connecting: Promise<Connection>, message: RegExp, name = 'SaslError'): Promise<void> =>
  assert.rejects(connecting, (error) => {
    assert(error instanceof ConnectionError)
    assert.equal(error.name, name)
    assert.match(error.message, message)
    assert.match(error.message, /^127\.0\.0\.1:\d+: /)
    assert.doesNotMatch(error.message, /pencil/)
    return true
  })

async function open(peer: ScriptedPeer): Promise<void> {
  await peer.expectHeader()
  await peer.expect('open')
  peer.sendHeader()
  peer.send({ type: 'open', containerId: 'scripted' })
}

describe('a client in a SASL exchange of several steps', () => {
  for (const how of ['with the outcome', 'in a challenge'])
    it(`comes in with SCRAM when the server's signature comes ${how}`, async (t) => {
      const server = await knowing()
      const { peer, connecting } = await offering(t, user, ['PLAIN', M], { hostname: 'vhost.example' })
      const init = await peer.expect('sasl-init')
      assert.deepEqual([init.mechanism, init.hostname], [M, 'vhost.example'])
      peer.send(challenge(challengeOf(await server.start(init.initialResponse as Buffer))))
      const admission = server.respond((await peer.expect('sasl-response')).response)
      assert('code' in admission && admission.additionalData)
      if (how === 'in a challenge') {
        peer.send(challenge(admission.additionalData))
        assert.equal((await peer.expect('sasl-response')).response.length, 0)
        peer.send(outcome(0))
      } else {
        peer.send(outcome(0, admission.additionalData.toString()))
      }
      await open(peer)
      assert.equal((await connecting).username, 'alice')
    })

  /** To the point where the peer has to show that it knows alice. */
  async function toSignature(t: TestContext): Promise<{ peer: ScriptedPeer; connecting: Promise<Connection> }> {
    const server = await knowing()
    const opened = await offering(t, user, [M])
    const { initialResponse } = await opened.peer.expect('sasl-init')
    opened.peer.send(challenge(challengeOf(await server.start(initialResponse as Buffer))))
    await opened.peer.expect('sasl-response')
    return opened
  }

  for (const [what, data, message] of [
    ['without a signature', undefined, /ok without the signature/],
    ['with an empty one', '', /ok without the signature/],
    ['with a wrong one', `v=${Buffer.alloc(32).toString('base64')}`, /the signature of the peer is wrong/],
    ['with no signature at all', 'welcome', /expected a message of the form v=/],
  ] as const)
    it(`takes no ok ${what}`, async (t) => {
      const { peer, connecting } = await toSignature(t)
      peer.send(outcome(0, data))
      await refused(connecting, message)
      await peer.expectEnd()
      assert.deepEqual(
        peer.log.map(({ type }) => type),
        ['sasl-init', 'sasl-response'],
      )
    })

  it('takes no ok before its proof, and none while it counts', async (t) => {
    const early = await offering(t, user, [M])
    await early.peer.expect('sasl-init')
    early.peer.send(outcome(0))
    await refused(early.connecting, /ok before it had seen a proof/)
    const counting = await offering(t, user, [M])
    const { initialResponse } = await counting.peer.expect('sasl-init')
    const first = challengeOf(await (await knowing()).start(initialResponse as Buffer))
    counting.peer.sendAll(challenge(first), outcome(0))
    await refused(counting.connecting, /ok before it had seen a proof/)
  })

  it('says why it was refused, whenever that comes', async (t) => {
    const { peer, connecting } = await toSignature(t)
    peer.send(outcome(1, 'e=invalid-proof'))
    await refused(connecting, /refused the credentials \(SASL SCRAM-SHA-256: authentication failed, invalid-proof\)/)
    const other = await toSignature(t)
    other.peer.send(challenge('e=other-error'))
    await refused(other.connecting, /refused the credentials \(SASL SCRAM-SHA-256: other-error\)/)
    const counting = await offering(t, user, [M])
    const { initialResponse } = await counting.peer.expect('sasl-init')
    const first = challengeOf(await (await knowing()).start(initialResponse as Buffer))
    counting.peer.sendAll(challenge(first), outcome(1))
    await refused(counting.connecting, /refused the credentials/)
  })

  it('ends when the peer goes on challenging for ever', async (t) => {
    for (const [sasl, mechanism] of [
      [user, M],
      [user, 'PLAIN'],
      [{ token: () => 'x' }, 'OAUTHBEARER'],
      [{ token: () => 'x' }, 'XOAUTH2'],
      [{}, 'ANONYMOUS'],
    ] as const) {
      const { peer, connecting } = await offering(t, sasl, [mechanism])
      await peer.expect('sasl-init')
      for (let n = 0; n < 20; n++) peer.send(challenge('{}'))
      // By whom it is noticed depends on how the frames arrive: by the mechanism, or by the handshake while that counts.
      await assert.rejects(connecting, (error) => {
        return error instanceof ConnectionError && /challenge|expected a message/.test(error.message)
      })
      await assert.rejects(peer.expectLater('sasl-outcome'), /the connection ended/)
    }
  })

  it('ends when the right exchange is followed by one challenge more', async (t) => {
    const server = await knowing()
    const { peer, connecting } = await offering(t, user, [M])
    peer.send(challenge(challengeOf(await server.start((await peer.expect('sasl-init')).initialResponse as Buffer))))
    const admission = server.respond((await peer.expect('sasl-response')).response)
    assert('code' in admission && admission.additionalData)
    for (let n = 0; n < 2; n++) {
      peer.send(challenge(admission.additionalData))
      if (n === 0) await peer.expect('sasl-response')
    }
    await refused(connecting, /another challenge, expected its outcome/)
  })

  for (const [what, frames] of [
    ['a challenge before the mechanisms', [challenge('x')]],
    ['a challenge while it counts', [mechanisms(M), 'first', challenge('x')]],
    ['the mechanisms while it counts', [mechanisms(M), 'first', mechanisms(M)]],
    ['an init', [mechanisms(M), choice('PLAIN', 'x')]],
    ['a response', [mechanisms(M), response('x')]],
  ] as const)
    it(`ends with a ConnectionError when the peer sends ${what}`, async (t) => {
      const server = await scriptedServer(t)
      const connecting = connect({ host: '127.0.0.1', port: server.port, sasl: user })
      const ended = refused(connecting, /the peer sent sasl-\w+ during the handshake/, 'ConnectionError')
      const peer = await server.accept()
      await peer.expectHeader(PROTOCOL.SASL)
      peer.sendHeader(PROTOCOL.SASL)
      for (const frame of frames) {
        if (frame !== 'first') peer.send(frame)
        else {
          const { initialResponse } = await peer.expect('sasl-init')
          const { challenge: first } = (await (await knowing()).start(initialResponse as Buffer)) as {
            challenge: Buffer
          }
          peer.sendRaw(Buffer.concat([frameBytes(challenge(first)), frameBytes(frames.at(-1) as never)]))
          break
        }
      }
      await ended
      await assert.rejects(peer.expectLater('open'), /the connection ended/)
    })

  it('sends no frame beyond what the specification allows but for a token', async (t) => {
    const long = { username: 'alice', password: 'x'.repeat(600) }
    const { peer, connecting } = await offering(t, long, ['PLAIN'])
    await refused(connecting, /SASL PLAIN: sasl-init would have \d+ bytes, and a SASL frame has no more than 512/)
    await peer.expectEnd()
    const scram = await offering(t, long, [M])
    const { initialResponse } = await scram.peer.expect('sasl-init')
    scram.peer.send(challenge(`r=${initialResponse?.toString().split(',r=')[1]}${'x'.repeat(500)},s=QUJD,i=4096`))
    await refused(scram.connecting, /sasl-response would have \d+ bytes/)
    const named = await offering(t, user, ['PLAIN'], { hostname: 'h'.repeat(500) })
    await refused(named.connecting, /sasl-init would have/)
    const token = 'y'.repeat(20_000)
    for (const [mechanism, sasl] of [
      ['OAUTHBEARER', { token: () => token }],
      ['PLAIN', { username: 'alice', token: () => token, mechanisms: ['PLAIN'] }],
    ] as const) {
      const bearer = await offering(t, sasl, [mechanism])
      assert((await bearer.peer.expect('sasl-init')).initialResponse?.includes(token))
      bearer.peer.send(outcome(0))
      await open(bearer.peer)
      await bearer.connecting
    }
  })

  it('takes SASL frames as large as is said, and no larger', async (t) => {
    for (const [size, message] of [
      [600, /expected a message of the form/],
      [601, /exceeds the maximum of 600/],
    ] as const) {
      const { peer, connecting } = await offering(t, { ...user, maxSaslFrameSize: 600 }, [M])
      await peer.expect('sasl-init')
      const frame = frameBytes(challenge('x'.repeat(size - frameBytes(challenge('x'.repeat(500))).length + 500)))
      assert.equal(frame.length, size)
      peer.sendRaw(frame)
      await assert.rejects(connecting, message)
    }
    await assert.rejects(connect({ port: 1, sasl: { maxSaslFrameSize: 100 } }), RangeError)
    await assert.rejects(connect({ port: 1, sasl: { token: 'secret' as never } }), (error: Error) => {
      return error instanceof TypeError && !error.message.includes('secret')
    })
  })
})

describe('a token callback that never answers', () => {
  const hanging = (): { sasl: ClientSaslOptions; signals: AbortSignal[] } => {
    const signals: AbortSignal[] = []
    const token = (signal: AbortSignal): Promise<string> => {
      signals.push(signal)
      return new Promise(() => {})
    }
    return { sasl: { token }, signals }
  }

  it('does not hold up the deadline', async (t) => {
    const { sasl, signals } = hanging()
    const { peer, connecting } = await offering(t, sasl, ['OAUTHBEARER'], { connectTimeoutMs: 100 })
    await refused(connecting, /the token callback gave no token within 100 ms/, 'ConnectionError')
    await peer.expectEnd()
    assert.equal(signals[0]?.aborted, true)
  })

  it('does not hold up an abort', async (t) => {
    const { sasl, signals } = hanging()
    const controller = new AbortController()
    const { connecting } = await offering(t, sasl, ['XOAUTH2'], { signal: controller.signal })
    await until(() => signals.length === 1)
    const reason = new Error('changed my mind')
    controller.abort(reason)
    await assert.rejects(connecting, (error) => error === reason)
    assert.equal(signals[0]?.aborted, true)
  })

  it('hears when the peer has gone, or broken the exchange', async (t) => {
    for (const end of [(peer: ScriptedPeer) => peer.socket.destroy(), (peer: ScriptedPeer) => peer.send(outcome(0))]) {
      const { sasl, signals } = hanging()
      const { peer, connecting } = await offering(t, sasl, ['OAUTHBEARER'])
      await until(() => signals.length === 1)
      end(peer)
      await assert.rejects(connecting, ConnectionError)
      assert.equal(signals[0]?.aborted, true)
    }
  })

  it('sends nothing when it answers after all', async (t) => {
    let answer: ((token: string) => void) | undefined
    const token = (): Promise<string> =>
      new Promise((resolve) => {
        answer = resolve
      })
    const { peer, connecting } = await offering(t, { token }, ['OAUTHBEARER'])
    await until(() => answer !== undefined)
    peer.send(outcome(1))
    await assert.rejects(connecting, /the peer sent sasl-outcome during the handshake/)
    answer?.('late')
    await peer.expectEnd()
    assert.deepEqual(peer.log, [])
  })
})

async function dialed(
  t: TestContext,
  sasl: ServerSaslOptions,
  options: ListenOptions = {},
): Promise<{ peer: ScriptedPeer; opened: Connection[] }> {
  const opened: Connection[] = []
  const listener = await startListener(t, { sasl, onConnection: (connection) => opened.push(connection), ...options })
  const peer = await dial(t, listener.port)
  peer.sendHeader(PROTOCOL.SASL)
  await peer.expectHeader(PROTOCOL.SASL)
  await peer.expect('sasl-mechanisms')
  return { peer, opened }
}

describe('a listener in a SASL exchange of several steps', () => {
  const scram = async (): Promise<ServerSaslOptions> => {
    const credentials = await makeScramCredentials(M, 'pencil', { iterations: 4096 })
    return { scramCredentials: (_, username) => (username === 'alice' ? credentials : undefined) }
  }

  it('lets in with SCRAM, and shows with the outcome that it knows the user', async (t) => {
    const { peer, opened } = await dialed(t, await scram())
    const client = new ScramClient(M, user)
    peer.send(choice(M, client.start()))
    peer.send(response(await client.respond((await peer.expect('sasl-challenge')).challenge)))
    const { code, additionalData } = await peer.expect('sasl-outcome')
    assert.equal(code, 0)
    client.finish(additionalData)
    await peer.openAsClient()
    assert.equal(opened[0]?.username, 'alice')
  })

  it('asks who says nothing with its choice to begin', async (t) => {
    const { peer } = await dialed(t, await scram())
    const client = new ScramClient(M, user)
    peer.send(choice(M))
    assert.equal((await peer.expect('sasl-challenge')).challenge.length, 0)
    peer.send(response(client.start()))
    peer.send(response(await client.respond((await peer.expect('sasl-challenge')).challenge)))
    assert.equal((await peer.expect('sasl-outcome')).code, 0)
    await peer.openAsClient()
  })

  it('refuses a wrong proof, and ends', async (t) => {
    const { peer, opened } = await dialed(t, await scram())
    const client = new ScramClient(M, { ...user, password: 'wrong' })
    peer.send(choice(M, client.start()))
    peer.send(response(await client.respond((await peer.expect('sasl-challenge')).challenge)))
    const { code, additionalData } = await peer.expect('sasl-outcome')
    assert.deepEqual([code, additionalData], [1, undefined])
    await peer.expectEnd()
    assert.equal(opened.length, 0)
  })

  for (const [what, frames] of [
    ['a response before any choice', [response('x')]],
    ['a challenge', [challenge('x')]],
    ['an outcome', [outcome(0)]],
    ['mechanisms', [mechanisms('PLAIN')]],
  ] as const)
    it(`ends when the peer sends ${what}`, async (t) => {
      const { peer, opened } = await dialed(t, await scram())
      for (const frame of frames) peer.send(frame)
      await peer.expectEnd()
      assert.equal(opened.length, 0)
    })

  it('ends when the peer chooses twice', async (t) => {
    const { peer } = await dialed(t, await scram())
    peer.send(choice(M, new ScramClient(M, user).start()))
    await peer.expect('sasl-challenge')
    peer.send(choice(M, new ScramClient(M, user).start()))
    await peer.expectEnd()
    const hanging = await dialed(t, { scramCredentials: () => new Promise(() => {}) })
    for (let n = 0; n < 2; n++) hanging.peer.send(choice(M, new ScramClient(M, user).start()))
    await hanging.peer.expectEnd()
  })

  it('ends when the peer answers before it was asked, or after it was let in', async (t) => {
    const { peer } = await dialed(t, { scramCredentials: () => new Promise(() => {}) })
    peer.send(choice(M, new ScramClient(M, user).start()))
    peer.send(response('x'))
    await peer.expectEnd()
    const other = await dialed(t, { authenticate: () => true })
    other.peer.send(choice('PLAIN', '\0a\0b'))
    assert.equal((await other.peer.expect('sasl-outcome')).code, 0)
    other.peer.send(response('x'))
    await other.peer.expectEnd()
    assert.equal(other.opened.length, 0)
  })

  it('ends in its time while its callbacks take theirs', async (t) => {
    const hang = (): Promise<never> => new Promise(() => {})
    for (const [sasl, init] of [
      [{ scramCredentials: hang }, choice(M, new ScramClient(M, user).start())],
      [{ authenticate: hang }, choice('PLAIN', '\0a\0b')],
      [{ authenticate: hang, mechanisms: ['XOAUTH2'] }, choice('XOAUTH2', 'user=\x01auth=Bearer x\x01\x01')],
    ] as const) {
      const { peer, opened } = await dialed(t, sasl, { handshakeTimeoutMs: 50 })
      peer.send(init)
      await peer.expectEnd()
      assert.equal(opened.length, 0)
    }
  })

  it('says nothing to who has gone when a callback answers after all', async (t) => {
    const defects = defectsOf(t)
    let answer: ((step: boolean) => void) | undefined
    const authenticate = (): Promise<boolean> =>
      new Promise((resolve) => {
        answer = resolve
      })
    const { peer, opened } = await dialed(t, { authenticate })
    peer.send(choice('PLAIN', '\0a\0b'))
    await until(() => answer !== undefined)
    peer.socket.destroy()
    await peer.expectEnd()
    const again = await dialed(t, { authenticate: () => true })
    answer?.(true)
    again.peer.send(choice('PLAIN', '\0a\0b'))
    assert.equal((await again.peer.expect('sasl-outcome')).code, 0)
    assert.deepEqual([opened.length, defects.length], [0, 0])
  })

  it('says "try again" when a callback fails, reports that, and ends', async (t) => {
    const defects = defectsOf(t)
    const { peer } = await dialed(t, { scramCredentials: () => Promise.reject(new Error('down')) })
    peer.send(choice(M, new ScramClient(M, user).start()))
    assert.equal((await peer.expect('sasl-outcome')).code, 4)
    await peer.expectEnd()
    assert.equal(defects.length, 1)
  })

  it('takes SASL frames as large as is said, and no larger', async (t) => {
    for (const [size, code] of [
      [700, 0],
      [701, undefined],
    ] as const) {
      const { peer } = await dialed(t, { authenticate: () => true, maxSaslFrameSize: 700 })
      const bytes = (length: number): Buffer => frameBytes(choice('PLAIN', `\0a\0${'x'.repeat(length)}`))
      const frame = bytes(size - bytes(400).length + 400)
      assert.equal(frame.length, size)
      peer.sendRaw(frame)
      if (code === undefined) await peer.expectEnd()
      else assert.equal((await peer.expect('sasl-outcome')).code, code)
    }
  })
})

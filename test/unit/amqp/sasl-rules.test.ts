// SASL frames and who says what in them (AMQP 1.0 part 2, 2.2; part 5, 5.3).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import type { HandshakeWriter } from '../../../src/amqp/handshake.ts'
import type { ServerSaslOptions } from '../../../src/amqp/options.ts'
import { SaslOffer } from '../../../src/amqp/sasl-offer.ts'
import { ServerHandshake } from '../../../src/amqp/server-handshake.ts'
import { PROTOCOL } from '../../../src/codec/frame.ts'
import { assertServes, startListener } from '../../support/amqp-fixtures.ts'
import { dial, frameBytes, headerBytes, type ScriptedPeer, scriptedServer } from '../../support/scripted-peer.ts'

const OPEN = { type: 'open', containerId: 'scripted' } as const
const ANONYMOUS = { type: 'sasl-init', mechanism: 'ANONYMOUS' } as const
const EMPTY = Buffer.from([0, 0, 0, 8, 2, 1, 0, 0])

const behind = (frame: Buffer, ...bytes: number[]): Buffer => {
  const longer = Buffer.concat([frame, Buffer.from(bytes)])
  longer.writeUInt32BE(longer.length)
  return longer
}

/** A list of mechanisms in the form that is given: behind its descriptor, in one frame. */
const mechanismsFrame = (...list: number[]): Buffer => behind(EMPTY, 0x00, 0x53, 0x40, ...list)

async function dialing(t: TestContext, sasl: ServerSaslOptions = {}) {
  const opened: Connection[] = []
  const listener = await startListener(t, { sasl, onConnection: (connection) => opened.push(connection) })
  return { listener, opened, peer: await dial(t, listener.port) }
}

/** A client of ours with SASL, and the server that has sent its header. */
async function connecting(t: TestContext): Promise<{ peer: ScriptedPeer; connection: Promise<Connection> }> {
  const server = await scriptedServer(t)
  const connection = connect({ host: '127.0.0.1', port: server.port, sasl: { username: 'alice', password: 'x' } })
  const peer = await server.accept()
  await peer.expectHeader(PROTOCOL.SASL)
  peer.sendHeader(PROTOCOL.SASL)
  return { peer, connection }
}

describe('a protocol header', () => {
  for (const [what, header, answer] of [
    ['of version 0.9.1', Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'), PROTOCOL.AMQP],
    ['of version 1.1.0', Buffer.from('AMQP\x00\x01\x01\x00', 'latin1'), PROTOCOL.AMQP],
    ['of SASL 2.0.0', Buffer.from('AMQP\x03\x02\x00\x00', 'latin1'), PROTOCOL.AMQP],
    ['of TLS, which is not tunnelled here', headerBytes(PROTOCOL.TLS), PROTOCOL.AMQP],
    ['of a protocol that there is not', Buffer.from('AMQP\x09\x01\x00\x00', 'latin1'), PROTOCOL.AMQP],
    ['in lower case', Buffer.from('amqp\x00\x01\x00\x00', 'latin1'), PROTOCOL.AMQP],
  ] as const)
    it(`${what} is answered with one that is served, and the connection ended`, async (t) => {
      const { listener, opened, peer } = await dialing(t)
      peer.sendRaw(Buffer.concat([header, frameBytes(OPEN)]))
      await peer.expectHeader(answer)
      await peer.expectEnd()
      assert.equal(opened.length, 0)
      await assertServes(t, listener)
    })

  it('is the first thing that a client sends, with the version that it speaks', async (t) => {
    const server = await scriptedServer(t)
    void connect({ host: '127.0.0.1', port: server.port }).catch(() => {})
    const peer = await server.accept()
    await peer.expectHeader()
    assert.deepEqual(peer.chunks[0]?.subarray(0, 8), Buffer.from('AMQP\x00\x01\x00\x00', 'latin1'))
    void connect({ host: '127.0.0.1', port: server.port, sasl: {} }).catch(() => {})
    const other = await server.accept()
    await other.expectHeader(PROTOCOL.SASL)
    assert.deepEqual(other.chunks[0], Buffer.from('AMQP\x03\x01\x00\x00', 'latin1'))
  })

  it('may not come a second time', async (t) => {
    const { listener, peer } = await dialing(t)
    await peer.openAsClient()
    peer.sendHeader()
    const { error } = await peer.expect('close')
    assert.equal(error?.condition, 'amqp:connection:framing-error')
    await peer.expectEnd()
    await assertServes(t, listener)
  })

  it('ends a client when it is not the one that was asked for, without another word', async (t) => {
    const { peer, connection } = await connecting(t)
    const refused = assert.rejects(connection, { condition: 'amqp:connection:framing-error' })
    peer.sendRaw(frameBytes({ type: 'sasl-mechanisms', saslServerMechanisms: ['PLAIN'] }))
    await peer.expect('sasl-init')
    peer.send({ type: 'sasl-outcome', code: 0 })
    await peer.expectHeader()
    await peer.expect('open')
    peer.sendHeader(PROTOCOL.SASL)
    await refused
    await peer.expectEnd()
  })
})

describe('a SASL frame', () => {
  for (const [what, frame] of [
    ['is empty', EMPTY],
    ['has a second value', behind(frameBytes(ANONYMOUS), 0x40)],
    ['has an AMQP performative', frameBytes(OPEN, undefined, 0, 1)],
    ['is of the type of AMQP', frameBytes(ANONYMOUS, undefined, 0, 0)],
    ['is for the other side', frameBytes({ type: 'sasl-outcome', code: 0 })],
    ['has no mechanism', behind(EMPTY, 0x00, 0x53, 0x41, 0x45)],
  ] as const)
    it(`that ${what} ends the connection of a client that is not yet known`, async (t) => {
      const { listener, opened, peer } = await dialing(t)
      peer.sendRaw(
        Buffer.concat([headerBytes(PROTOCOL.SASL), frame, frameBytes(ANONYMOUS), headerBytes(), frameBytes(OPEN)]),
      )
      await peer.expectHeader(PROTOCOL.SASL)
      await peer.expect('sasl-mechanisms')
      await peer.expectEnd()
      assert.equal(opened.length, 0)
      await assertServes(t, listener)
    })

  it('may have an extended header and any channel: both are ignored', async (t) => {
    const { opened, peer } = await dialing(t)
    const init = frameBytes(ANONYMOUS, undefined, 0xbeef)
    const extended = Buffer.concat([init.subarray(0, 8), Buffer.alloc(4, 0xff), init.subarray(8)])
    extended.writeUInt32BE(extended.length)
    extended[4] = 3
    peer.sendRaw(Buffer.concat([headerBytes(PROTOCOL.SASL), extended, headerBytes(), frameBytes(OPEN)]))
    await peer.expectLater('open')
    assert.equal(opened.length, 1)
  })

  it('of ours has neither, and no more than 512 bytes', async (t) => {
    const { peer } = await dialing(t, { authenticate: () => true })
    peer.sendHeader(PROTOCOL.SASL)
    await peer.expectHeader(PROTOCOL.SASL)
    await peer.expect('sasl-mechanisms')
    const [size = 0, ...head] = headOf(Buffer.concat(peer.chunks).subarray(8))
    assert(size <= 512)
    assert.deepEqual(head, [2, 1, 0])
    const client = await connecting(t)
    void client.connection.catch(() => {})
    client.peer.send({ type: 'sasl-mechanisms', saslServerMechanisms: ['PLAIN'] })
    assert.equal((await client.peer.expect('sasl-init')).hostname, undefined)
    assert.deepEqual(headOf(Buffer.concat(client.peer.chunks).subarray(8)).slice(1), [2, 1, 0])
  })
})

const headOf = (frame: Buffer): number[] => [
  frame.readUInt32BE(0),
  frame[4] as number,
  frame[5] as number,
  frame.readUInt16BE(6),
]

describe('the list of mechanisms', () => {
  for (const [what, list] of [
    ['is missing', [0x45]],
    ['is null', [0xc0, 2, 1, 0x40]],
    ['has no entry', [0xc0, 5, 1, 0xe0, 2, 0, 0xa3]],
    ['is of strings', [0xc0, 7, 1, 0xe0, 4, 1, 0xa1, 1, 0x41]],
  ] as const)
    it(`that ${what} is refused by a client`, async (t) => {
      const { peer, connection } = await connecting(t)
      const refused = assert.rejects(connection, {
        condition: 'amqp:decode-error',
        message: /sasl-mechanisms\.sasl-server-mechanisms: expected/,
      })
      peer.sendRaw(mechanismsFrame(...list))
      await refused
      await peer.expectEnd()
    })

  it('may be one symbol alone', async (t) => {
    const { peer, connection } = await connecting(t)
    peer.sendRaw(mechanismsFrame(0xc0, 8, 1, 0xa3, 5, ...Buffer.from('PLAIN')))
    assert.equal((await peer.expect('sasl-init')).mechanism, 'PLAIN')
    peer.send({ type: 'sasl-outcome', code: 1 })
    await assert.rejects(connection, { code: 'AMQP_SASL' })
  })

  it('of a listener is never empty', async (t) => {
    const { peer } = await dialing(t, { mechanisms: ['EXTERNAL'] })
    peer.sendHeader(PROTOCOL.SASL)
    await peer.expectHeader(PROTOCOL.SASL)
    assert.deepEqual((await peer.expect('sasl-mechanisms')).saslServerMechanisms, ['EXTERNAL'])
    peer.send({ type: 'sasl-init', mechanism: 'EXTERNAL', initialResponse: Buffer.from('root') })
    assert.equal((await peer.expect('sasl-outcome')).code, 1)
    await peer.expectEnd()
  })
})

describe('a listener that has no mechanism to offer', () => {
  for (const [what, mechanisms, said] of [
    [
      'sends no list, and ends',
      ['PLAIN', 'OAUTHBEARER'],
      'there is no SASL mechanism that could be offered to the peer',
    ],
    ['names EXTERNAL where it is one of its own, and nothing that sends a secret', ['PLAIN', 'EXTERNAL'], ['EXTERNAL']],
  ] as const)
    it(what, () => {
      const heard: unknown[] = []
      const writer: HandshakeWriter = {
        writeHeader: (protocolId) => heard.push(protocolId),
        writeSasl: (frame) => heard.push('saslServerMechanisms' in frame ? frame.saslServerMechanisms : frame.type),
        expectHeader: () => {},
        done: () => assert.fail('let in'),
        fail: ({ message }) => heard.push(message),
      }
      const offer = new SaslOffer({ authenticate: () => true, mechanisms })
      const channel = { remoteAddress: '192.0.2.1:1', subject: undefined, confidential: false }
      new ServerHandshake(writer, offer, channel).onHeader(PROTOCOL.SASL, '1.0.0')
      assert.deepEqual(heard, [PROTOCOL.SASL, said])
    })
})

describe('a mechanism that was not offered', () => {
  it('is refused with the outcome of wrong credentials, and the connection ended', async (t) => {
    const { opened, peer } = await dialing(t, { authenticate: () => true })
    peer.sendHeader(PROTOCOL.SASL)
    await peer.expectHeader(PROTOCOL.SASL)
    await peer.expect('sasl-mechanisms')
    peer.send({ type: 'sasl-init', mechanism: 'GSSAPI', initialResponse: Buffer.from('token') })
    const { code, additionalData } = await peer.expect('sasl-outcome')
    assert.deepEqual([code, additionalData], [1, undefined])
    await peer.expectEnd()
    assert.equal(opened.length, 0)
  })
})

describe('a client', () => {
  it('is never the server of SASL', async (t) => {
    const { peer, connection } = await connecting(t)
    const refused = assert.rejects(connection, { condition: 'amqp:connection:framing-error', message: /sasl-init/ })
    peer.send(ANONYMOUS)
    await refused
  })
})

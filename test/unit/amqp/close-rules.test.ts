// How a connection ends (AMQP 1.0 part 2: 2.4.3, 2.4.4, 2.4.6, 2.7.9; part 5, 5.1).

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { ConnectionError } from '../../../src/amqp/errors.ts'
import { PROTOCOL } from '../../../src/codec/frame.ts'
import type { AmqpValue } from '../../../src/codec/types.ts'
import {
  assertServes,
  attachedSender,
  bodyOf,
  clientOf,
  openClient,
  Reported,
  startListener,
} from '../../support/amqp-fixtures.ts'
import { dial, headerBytes, scriptedServer } from '../../support/scripted-peer.ts'

const OPEN = { type: 'open', containerId: 'scripted' } as const
const WINDOW = { nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 }

describe('a Close', () => {
  it('of ours is the last that is written, on channel 0', async (t) => {
    const { connection, peer, sender } = await attachedSender(t, 1)
    sender.submit(bodyOf('x'), { settled: false }, new Reported())
    const closing = connection.close({ condition: 'my:reason', description: 'enough' })
    assert.throws(() => sender.submit(bodyOf('y'), { settled: true }, new Reported()), { name: 'LinkError' })
    await peer.expect('transfer')
    const { frame, channel } = await peer.expectFull('close')
    assert.deepEqual([channel, frame.error?.condition, frame.error?.description], [0, 'my:reason', 'enough'])
    peer.send({ type: 'close' })
    await closing
    await peer.expectEnd()
  })

  it('of ours is followed by nothing, whatever the peer still sends', async (t) => {
    const { connection, peer } = await attachedSender(t, 1)
    const closing = connection.close()
    await peer.expect('close')
    peer.send({ type: 'begin', ...WINDOW }, undefined, 3)
    peer.send({ type: 'flow', nextIncomingId: 0, ...WINDOW, echo: true })
    peer.send({ type: 'transfer', handle: 99 })
    peer.send({ type: 'open', containerId: 'again' })
    peer.sendRaw(Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]))
    peer.send({ type: 'close' })
    await closing
    await peer.expectEnd()
    assert.equal(await connection.closed, undefined)
  })

  it('that tells of an error is followed by nothing, whatever the peer still sends', async (t) => {
    const listener = await startListener(t)
    const peer = await clientOf(t, listener)
    peer.send(OPEN)
    assert.equal((await peer.expect('close')).error?.condition, 'amqp:illegal-state')
    peer.send({ type: 'begin', ...WINDOW }, undefined, 3)
    peer.sendRaw(Buffer.from('this is no AMQP at all'))
    await peer.expectEnd()
    await assertServes(t, listener)
  })

  it('of the peer is answered with one, and the socket ended', async (t) => {
    const { connection, peer } = await openClient(t)
    peer.send({ type: 'close', error: { condition: 'amqp:connection:forced', description: 'maintenance' } })
    const { frame, channel } = await peer.expectFull('close')
    assert.deepEqual([channel, frame.error], [0, undefined])
    await peer.expectEnd()
    const error = await connection.closed
    assert.deepEqual(
      [error?.origin, error?.condition, error?.description],
      ['remote', 'amqp:connection:forced', 'maintenance'],
    )
  })

  it('in answer to our Open is told with all that the peer says, as where to go instead', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port })
    const info = new Map<string, AmqpValue>([
      ['network-host', 'b.example'],
      ['port', 5673],
    ])
    const peer = await server.accept()
    await peer.expectHeader()
    await peer.expect('open')
    peer.sendHeader()
    peer.sendAll(OPEN, { type: 'close', error: { condition: 'amqp:connection:redirect', info } })
    const error = await (await connecting).closed
    assert(error instanceof ConnectionError)
    assert.deepEqual([error.origin, error.condition], ['remote', 'amqp:connection:redirect'])
    assert.deepEqual(error.info, info)
  })

  it('of the peer is the end: what it sends behind it has no effect', async (t) => {
    const listener = await startListener(t, { onLink: () => assert.fail('a link was asked for') })
    const peer = await clientOf(t, listener)
    peer.sendAll(
      { type: 'close' },
      { type: 'attach', name: 'x', handle: 0, role: true },
      { type: 'begin', ...WINDOW },
      { type: 'close' },
    )
    await peer.expect('close')
    await peer.expectEnd()
  })

  it('of both at once is taken for the answer by each', async (t) => {
    const { connection, peer } = await openClient(t)
    const closing = connection.close({ condition: 'my:reason' })
    peer.send({ type: 'close', error: { condition: 'their:reason' } })
    await closing
    assert.equal((await peer.expect('close')).error?.condition, 'my:reason')
    await peer.expectEnd()
    assert.equal(await connection.closed, undefined)
  })

  it('may come in one piece with the header and the Open', async (t) => {
    const listener = await startListener(t)
    const peer = await dial(t, listener.port)
    peer.sendHeader()
    peer.sendAll(OPEN, { type: 'close' })
    await peer.expectHeader()
    await peer.expect('open')
    await peer.expect('close')
    await peer.expectEnd()
  })
})

describe('the socket', () => {
  for (const [what, sends] of [
    ['the protocol header cannot be read', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
    ['SASL has failed', [headerBytes(PROTOCOL.SASL), Buffer.from([0, 0, 0, 8, 2, 1, 0, 0])]],
    ['a frame was no frame', [headerBytes(), Buffer.alloc(64, 0xff)]],
  ] as const)
    it(`is ended by us first and read to its end when ${what}`, async (t) => {
      const listener = await startListener(t)
      const socket = connectTcp({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true })
      t.after(() => socket.destroy())
      socket.resume().write(Buffer.concat(sends))
      await once(socket, 'end')
      // A peer that writes on is not reset: what it says is read, and dropped.
      for (let n = 0; n < 10; n++) socket.write(Buffer.alloc(10_000))
      socket.end()
      assert.deepEqual(await once(socket, 'close'), [false])
      await assertServes(t, listener)
    })
})

// How much a peer may send in one frame before it has shown who it is: a listener with large frames must not set them aside
// for whoever connects.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { PROTOCOL } from '../../../src/codec/frame.ts'
import { startListener } from '../../support/amqp-fixtures.ts'
import { dial, frameBytes, type ScriptedPeer, scriptedServer } from '../../support/scripted-peer.ts'

const LARGE = 1024 * 1024
const MAX_SASL = 16_384
const MAX_OPENING = 65_536

/** The head of a frame of that size. */
function headOf(size: number, frameType: 0 | 1): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(size)
  head[4] = 2
  head[5] = frameType
  return head
}

/** A frame of exactly that size: `make` is given how long the filling text is. */
function sized(size: number, make: (filling: number) => Buffer): Buffer {
  const frame = make(size - make(size).length + size)
  assert.equal(frame.length, size)
  return frame
}

const init = (size: number): Buffer =>
  sized(size, (filling) =>
    frameBytes({ type: 'sasl-init', mechanism: 'ANONYMOUS', initialResponse: Buffer.alloc(filling) }),
  )

const open = (size: number): Buffer =>
  sized(size, (filling) => frameBytes({ type: 'open', containerId: 'x', hostname: 'h'.repeat(filling) }))

async function dialWith(t: TestContext, maxFrameSize: number): Promise<ScriptedPeer> {
  const listener = await startListener(t, { maxFrameSize, sasl: { mechanisms: ['ANONYMOUS'] } })
  return await dial(t, listener.port)
}

async function startSasl(peer: ScriptedPeer): Promise<void> {
  peer.sendHeader(PROTOCOL.SASL)
  await peer.expectHeader(PROTOCOL.SASL)
  await peer.expect('sasl-mechanisms')
}

describe('the largest frame', () => {
  it('of SASL has 16 KiB at a listener', async (t) => {
    const peer = await dialWith(t, LARGE)
    await startSasl(peer)
    peer.sendRaw(init(MAX_SASL))
    assert.equal((await peer.expect('sasl-outcome')).code, 0)
    const other = await dialWith(t, LARGE)
    await startSasl(other)
    other.sendRaw(headOf(MAX_SASL + 1, 1))
    await other.expectEnd()
  })

  it('of SASL has 16 KiB at a client', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port, sasl: { username: 'a' }, maxFrameSize: LARGE })
    const refused = assert.rejects(connecting, /exceeds the maximum of 16384/)
    const peer = await server.accept()
    await peer.expectHeader(PROTOCOL.SASL)
    peer.sendHeader(PROTOCOL.SASL)
    peer.sendRaw(headOf(MAX_SASL + 1, 1))
    await refused
  })

  for (const sasl of [false, true])
    it(`before the Open has 64 KiB, ${sasl ? 'after' : 'without'} SASL, and all that is allowed behind it`, async (t) => {
      const begin = async (): Promise<ScriptedPeer> => {
        const peer = await dialWith(t, LARGE)
        if (sasl) {
          await startSasl(peer)
          peer.sendRaw(init(100))
          await peer.expect('sasl-outcome')
        }
        peer.sendHeader()
        await peer.expectHeader()
        return peer
      }
      const peer = await begin()
      peer.sendRaw(open(MAX_OPENING))
      await peer.expect('open')
      peer.send({ type: 'begin', nextOutgoingId: 0, incomingWindow: 1, outgoingWindow: 1 })
      await peer.expect('begin')
      peer.sendRaw(sized(LARGE, (filling) => frameBytes({ type: 'end', error: described(filling) })))
      await peer.expect('end')
      const other = await begin()
      other.sendRaw(headOf(MAX_OPENING + 1, 0))
      await other.expect('open')
      assert.match((await other.expect('close')).error?.description ?? '', /exceeds the maximum of 65536/)
    })

  it('is as small as the option says all the same', async (t) => {
    const peer = await dialWith(t, 1024)
    await startSasl(peer)
    peer.sendRaw(headOf(1025, 1))
    await peer.expectEnd()
  })
})

const described = (filling: number) => ({ condition: 'x', description: 'd'.repeat(filling) })

// Every performative with each of its fields wrong, one at a time, as a listener meets it: the connection is closed with a reason
// that names the field, and the next peer is served (see codec/composite-rules.test.ts for the same without a connection).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertServes, clientOf } from '../../support/amqp-fixtures.ts'
import { hospitable, OPEN } from '../../support/hostile-cases.ts'
import { dial, frameBytes, headerBytes } from '../../support/scripted-peer.ts'
import { wrongFields } from '../../support/wire-fields.ts'

/** A frame with that body. */
function framed(body: Buffer): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0])
  head.writeUInt32BE(8 + body.length)
  return Buffer.concat([head, body])
}

describe('a field that is wrong', () => {
  for (const name of ['begin', 'attach', 'flow', 'transfer', 'disposition', 'detach', 'end', 'close'])
    it(`of ${name} closes the connection with a reason that names it`, async (t) => {
      const listener = await hospitable(t)
      for (const { what, field, bytes } of wrongFields(name)) {
        const peer = await clientOf(t, listener)
        peer.sendRaw(framed(bytes))
        const { error } = await peer.expect('close')
        assert.equal(error?.condition, 'amqp:decode-error', what)
        assert(error?.description?.startsWith(`${field}: `), `${what}: ${error?.description}`)
        await peer.expectEnd()
        peer.socket.destroy()
      }
      await assertServes(t, listener)
    })

  it('of open closes the connection with a reason that names it, after an Open of ours', async (t) => {
    const listener = await hospitable(t)
    for (const { what, field, bytes } of wrongFields('open')) {
      const peer = await dial(t, listener.port)
      peer.sendRaw(Buffer.concat([headerBytes(), framed(bytes), frameBytes(OPEN)]))
      await peer.expectHeader()
      await peer.expect('open')
      const { error } = await peer.expect('close')
      assert.equal(error?.condition, 'amqp:decode-error', what)
      assert(error?.description?.startsWith(`${field}: `), `${what}: ${error?.description}`)
      peer.socket.destroy()
    }
    await assertServes(t, listener)
  })
})

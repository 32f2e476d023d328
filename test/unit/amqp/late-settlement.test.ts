// What the peer says at an unexpected moment, and what must stay true all the same.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import {
  attachedReceiver,
  attachedSender,
  bodyOf,
  clientOf,
  nextTurn,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { dial, mirrored } from '../../support/scripted-peer.ts'

const transfer = (deliveryId: number) =>
  ({ type: 'transfer', handle: 0, deliveryId, deliveryTag: Buffer.of(1) }) as const

describe('a delivery that the peer settles while it waits for the iterator', () => {
  it('goes on taking its place in the credit window', async (t) => {
    const { receiver, peer } = await attachedReceiver(t, { creditWindow: 3 })
    await peer.expect('flow')
    for (let id = 0; id < 3; id++) {
      peer.send(transfer(id), bodyOf(`${id}`))
      peer.send({ type: 'disposition', role: false, first: id, settled: true })
    }
    await until(() => receiver.credit === 0)
    await nextTurn()
    assert.deepEqual([receiver.unsettled, peer.unread], [0, []])
    const values: unknown[] = []
    for await (const delivery of receiver) {
      values.push(delivery.message.value)
      assert.equal(delivery.settled, true)
      if (values.length === 3) break
    }
    assert.deepEqual(values, ['0', '1', '2'])
    const flow = await peer.expectLater('flow')
    assert.ok((flow.linkCredit ?? 0) > 0)
  })
})

describe('a message that is encoded when its link or session is given up in the same turn', () => {
  for (const how of ['detach', 'end'] as const)
    it(`counts as sent: ${how}`, async (t) => {
      const { peer, sender, session } = await attachedSender(t, 5)
      const handler = new Reported()
      sender.submit(bodyOf('m'), { settled: false }, handler)
      void (how === 'detach' ? sender.detach() : session.end())
      await peer.expect('transfer')
      await peer.expect(how)
      await until(() => handler.calls.length === 1)
      assert.deepEqual(handler.calls, [{ failed: how === 'detach' ? 'local' : 'parent', sent: true }])
    })

  it('does not when the connection is aborted', async (t) => {
    const { sender, connection } = await attachedSender(t, 5)
    const handler = new Reported()
    sender.submit(bodyOf('m'), { settled: false }, handler)
    connection.abort(new Error('gone'))
    await until(() => handler.calls.length === 1)
    assert.deepEqual(handler.calls, [{ failed: 'parent', sent: false }])
  })
})

describe('an attach that was given up', () => {
  it('keeps its name until the peer has answered it', async (t) => {
    const { session, peer } = await openSession(t)
    const first = session.attachSender({ name: 'mine', address: 'q', timeoutMs: 20 })
    const attach = await peer.expect('attach')
    await assert.rejects(first, { code: 'AMQP_LINK', message: /did not answer the attach within 20 ms/ })
    await assert.rejects(session.attachSender({ name: 'mine', address: 'q' }), { condition: 'amqp:not-allowed' })
    await peer.expect('detach')
    peer.send(mirrored(attach))
    peer.send({ type: 'detach', handle: 0, closed: true })
    await until(() => session.links.byName('mine', false) === undefined)
    const again = session.attachSender({ name: 'mine', address: 'q' }).catch((error: unknown) => error)
    const result = await Promise.race([peer.attachAsServer().then(() => again), again])
    assert.equal((result as { name?: string }).name, 'mine')
  })
})

describe('a drain whose time is up', () => {
  it('is over for the peer as well', async (t) => {
    const { receiver, peer } = await attachedReceiver(t, { creditWindow: 0 })
    receiver.addCredit(5)
    assert.equal((await peer.expect('flow')).drain, false)
    const draining = receiver.drain(20)
    assert.equal((await peer.expect('flow')).drain, true)
    await draining
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.drain, flow.linkCredit], [false, 5])
  })
})

describe('a listener that is being closed', () => {
  it('opens to nobody who is still in the handshake', async (t) => {
    const opened: unknown[] = []
    const listener = await startListener(t, { onConnection: (connection) => opened.push(connection) })
    const stays = await clientOf(t, listener)
    const late = await dial(t, listener.port)
    late.sendHeader()
    await late.expectHeader().catch(() => {})
    const closing = listener.close()
    late.send({ type: 'open', containerId: 'late' })
    assert.equal((await late.expectLater('close')).error?.condition, 'amqp:connection:forced')
    await stays.expectLater('close')
    stays.send({ type: 'close' })
    stays.socket.end()
    late.socket.end()
    await closing
    assert.equal(opened.length, 1)
    await assert.rejects(connect({ host: '127.0.0.1', port: listener.port }), { code: 'AMQP_CONNECTION' })
  })
})

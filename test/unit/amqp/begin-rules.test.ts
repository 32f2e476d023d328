// How a session begins and ends (AMQP 1.0 part 2: 2.5.1 to 2.5.5, 2.7.2, 2.7.8).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertServes, clientOf, openClient, openSession, startListener } from '../../support/amqp-fixtures.ts'
import { dial } from '../../support/scripted-peer.ts'

const WINDOW = { nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 }
const ECHO = { type: 'flow', nextIncomingId: 0, ...WINDOW, echo: true } as const

describe('a Begin', () => {
  it('has no remote-channel when it is the first, and that of the peer when it is the answer', async (t) => {
    const { connection, peer } = await openClient(t)
    const [, ours] = await Promise.all([connection.openSession(), peer.beginAsServer()])
    assert.equal(ours.frame.remoteChannel, undefined)
    peer.send({ type: 'begin', ...WINDOW }, undefined, 5)
    const answer = await peer.expectFull('begin')
    assert.deepEqual([answer.frame.remoteChannel, answer.channel], [5, 1])
  })

  it('is answered on the lowest channel that is free, whatever channel it came on', async (t) => {
    const listener = await startListener(t)
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    for (const [n, channel] of [900, 4, 17].entries()) {
      peer.send({ type: 'begin', ...WINDOW }, undefined, channel)
      assert.equal((await peer.expectFull('begin')).channel, n)
    }
    for (const channel of [900, 4]) {
      peer.send({ type: 'end' }, undefined, channel)
      await peer.expect('end')
    }
    peer.send({ type: 'begin', ...WINDOW }, undefined, 900)
    assert.equal((await peer.expectFull('begin')).channel, 0)
  })

  it('that cannot be written fails, and leaves nothing behind', async (t) => {
    const { connection, peer } = await openClient(t, {}, { channelMax: 0, maxFrameSize: 512 })
    const broken = { broken: Symbol('x') as unknown as string }
    await assert.rejects(connection.openSession({ properties: broken }), { code: 'AMQP_ENCODE' })
    const long = { long: 'x'.repeat(600) }
    await assert.rejects(
      connection.openSession({ properties: long }),
      /begin: a frame of \d+ bytes, and the peer takes 512/,
    )
    assert.deepEqual([...connection.sessions], [])
    const [session] = await Promise.all([connection.openSession(), peer.beginAsServer()])
    assert.equal(session.channel, 0)
  })
})

describe('an End', () => {
  it('says why the session cannot go on, and what comes until the answer is dropped', async (t) => {
    const listener = await startListener(t)
    const peer = await clientOf(t, listener)
    const [connection] = listener.connections
    peer.send({ type: 'detach', handle: 9 })
    const { error } = await peer.expect('end')
    assert.equal(error?.condition, 'amqp:session:unattached-handle')
    peer.send({ type: 'attach', name: 'x', handle: 0, role: true })
    peer.send({ type: 'transfer', handle: 4, deliveryId: 0, deliveryTag: Buffer.of(0) })
    peer.send({ type: 'disposition', role: true, first: 5, last: 4 })
    peer.send(ECHO)
    peer.send({ type: 'end', error: { condition: 'amqp:internal-error' } })
    await peer.beginAsClient()
    peer.send(ECHO)
    await peer.expect('flow')
    assert.deepEqual([peer.unread, connection?.isOpen], [[], true])
    await assertServes(t, listener)
  })

  it('of the peer is answered without an error, and the channel may begin again', async (t) => {
    const { connection, peer } = await openSession(t)
    peer.send({ type: 'end', error: { condition: 'amqp:session:window-violation', description: 'too fast' } })
    assert.equal((await peer.expect('end')).error, undefined)
    const [again] = await Promise.all([connection.openSession(), peer.beginAsServer()])
    assert.deepEqual([again.channel, again.isOpen], [0, true])
  })

  it('of both at once is taken for the answer by each', async (t) => {
    const { connection, peer, session } = await openSession(t)
    const ending = session.end({ condition: 'my:reason' })
    peer.send({ type: 'end', error: { condition: 'their:reason' } })
    assert.equal((await peer.expect('end')).error?.condition, 'my:reason')
    await ending
    const [again] = await Promise.all([connection.openSession(), peer.beginAsServer()])
    assert.deepEqual([again.channel, peer.unread], [0, []])
  })
})

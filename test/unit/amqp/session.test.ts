import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Session } from '../../../src/amqp/session.ts'
import {
  attachedSender,
  bodyOf,
  openClient,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { dial } from '../../support/scripted-peer.ts'

describe('a session', () => {
  it('begins when the peer has begun it too', async (t) => {
    const { connection, peer } = await openClient(t)
    const opening = connection.openSession()
    const { frame, channel } = await peer.beginAsServer()
    assert.equal(frame.remoteChannel, undefined)
    const session = await opening
    assert.equal(session.isOpen, true)
    assert.equal(session.channel, channel)
    assert.deepEqual([...connection.sessions], [session])
  })

  it('that the peer begins is answered on a channel of ours', async (t) => {
    const sessions: Session[] = []
    const listener = await startListener(t, { onSession: (session) => sessions.push(session) })
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    peer.send({ type: 'begin', nextOutgoingId: 5, incomingWindow: 10, outgoingWindow: 10 }, undefined, 17)
    const begin = await peer.expectFull('begin')
    assert.equal(begin.frame.remoteChannel, 17)
    assert.equal(sessions[0]?.channel, begin.channel)
    assert.equal(sessions[0]?.isOpen, true)
  })

  it('goes on when onSession throws, which is reported', async (t) => {
    const defects = defectsOf(t)
    const listener = await startListener(t, {
      onSession: () => {
        throw new Error('mine')
      },
    })
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    await peer.beginAsClient()
    peer.send({ type: 'end' })
    await peer.expect('end')
    assert.equal(defects.length, 1)
  })

  it("is one of no more than the peer's channel-max allows", async (t) => {
    const { connection, peer } = await openClient(t, {}, { channelMax: 1 })
    for (let n = 0; n < 2; n++) await Promise.all([connection.openSession(), peer.beginAsServer()])
    await assert.rejects(connection.openSession(), {
      name: 'SessionError',
      condition: 'amqp:resource-limit-exceeded',
      message: /2 are allowed and in use/,
    })
  })

  it('gives its channel back when both have ended it', async (t) => {
    const { connection, peer, session } = await openSession(t, {}, {}, { channelMax: 0 })
    const ending = session.end()
    await peer.expect('end')
    await assert.rejects(connection.openSession(), { name: 'SessionError' })
    peer.send({ type: 'end' })
    await ending
    assert.equal(await session.closed, undefined)
    const [again] = await Promise.all([connection.openSession(), peer.beginAsServer()])
    assert.equal(again.channel, 0)
  })

  it('that the peer ends is answered, and its links hear of it as of their parent', async (t) => {
    const { peer, session, sender, connection } = await attachedSender(t, 0)
    const told = new Reported()
    sender.submit(bodyOf('x'), { settled: false }, told)
    peer.send({ type: 'end', error: { condition: 'amqp:internal-error', description: 'oops' } })
    await peer.expect('end')
    const error = await session.closed
    assert.deepEqual([error?.origin, error?.condition, error?.description], ['remote', 'amqp:internal-error', 'oops'])
    const lost = await sender.closed
    assert.deepEqual([lost?.origin, lost?.condition, lost?.cause], ['parent', 'amqp:internal-error', error])
    await until(() => told.calls.length > 0)
    assert.deepEqual(told.calls, [{ failed: 'parent', sent: false }])
    assert.equal(connection.isOpen, true)
    await session.end()
  })

  it('that both end at once is over without error', async (t) => {
    const { peer, session } = await openSession(t)
    const ending = session.end()
    peer.send({ type: 'end' })
    await ending
    await peer.expect('end')
    assert.equal(await session.closed, undefined)
  })

  it('drops what comes after our End', async (t) => {
    const { peer, session, connection } = await openSession(t)
    const ending = session.end()
    peer.send({ type: 'transfer', handle: 99, deliveryId: 0 })
    await peer.expect('end')
    peer.send({ type: 'end' })
    await ending
    assert.equal(connection.isOpen, true)
  })

  it('writes what may be sent before its End', async (t) => {
    const { peer, session, sender } = await attachedSender(t, 1)
    const told = new Reported()
    sender.submit(Buffer.alloc(150_000), { settled: true }, told)
    const ending = session.end()
    for (const more of [true, true, false]) assert.equal((await peer.expect('transfer')).more, more)
    await peer.expect('end')
    peer.send({ type: 'end' })
    await ending
    assert.deepEqual(told.calls, ['sent'])
  })

  it('that the peer does not answer is given up in time, and its late answers do no harm', async (t) => {
    const { connection, peer } = await openClient(t)
    await assert.rejects(connection.openSession({ timeoutMs: 30 }), {
      name: 'SessionError',
      origin: 'local',
      message: /did not answer the begin within 30 ms/,
    })
    await peer.beginAsServer()
    await peer.expect('end')
    peer.send({ type: 'end' })
    const [next] = await Promise.all([connection.openSession(), peer.beginAsServer()])
    assert.equal(next.isOpen, true)
  })

  it('is given up when its signal aborts', async (t) => {
    const { connection, peer } = await openClient(t)
    const controller = new AbortController()
    const opening = connection.openSession({ signal: controller.signal })
    await peer.expect('begin')
    const reason = new Error('enough')
    controller.abort(reason)
    await assert.rejects(opening, (error) => error === reason)
    await peer.expect('end')
  })

  it('is waited for only as long as the connection lives', async (t) => {
    const { connection, peer } = await openClient(t)
    const opening = connection.openSession()
    await peer.expect('begin')
    peer.socket.destroy()
    await assert.rejects(opening, { name: 'SessionError', origin: 'parent' })
  })

  it('answers a Flow that asks for an echo', async (t) => {
    const { peer } = await openSession(t, { nextOutgoingId: 0xffffffff })
    const nextOutgoingId = 0xffffffff
    peer.send({ type: 'flow', nextIncomingId: 0, incomingWindow: 1, nextOutgoingId, outgoingWindow: 1, echo: true })
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.handle, flow.nextIncomingId, flow.nextOutgoingId], [undefined, 0xffffffff, 0])
  })

  it('is one of several on a connection that go on when one is ended', async (t) => {
    const { connection, peer, session } = await openSession(t)
    const [other] = await Promise.all([
      connection.openSession(),
      peer
        .expectFull('begin')
        .then(({ channel }) =>
          peer.send(
            { type: 'begin', remoteChannel: channel, nextOutgoingId: 0, incomingWindow: 1, outgoingWindow: 1 },
            undefined,
            9,
          ),
        ),
    ])
    peer.send({ type: 'end' })
    await session.closed
    peer.send(
      { type: 'flow', nextIncomingId: 0, incomingWindow: 1, nextOutgoingId: 0, outgoingWindow: 1, echo: true },
      undefined,
      9,
    )
    await peer.expectLater('flow')
    assert.equal(other.isOpen, true)
  })
})

// What is published on the diagnostics channels of the layer.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it, type TestContext } from 'node:test'
import type {
  AmqpBackpressureEvent,
  AmqpConnectionEvent,
  AmqpLinkEvent,
  AmqpSessionEvent,
  AmqpViolationEvent,
} from '../../../src/amqp/events.ts'
import { attachedSender, creditFor, openClient, openSession, until } from '../../support/amqp-fixtures.ts'

/** What is published while the test runs. */
function published<T>(t: TestContext, topic: string): T[] {
  const messages: T[] = []
  const note = (message: unknown): void => void messages.push(message as T)
  const name = `oslo-messaging:amqp.${topic}`
  subscribe(name, note)
  t.after(() => unsubscribe(name, note))
  return messages
}

describe('the diagnostics channels', () => {
  it('tell of a connection that opens and closes', async (t) => {
    const events = published<AmqpConnectionEvent>(t, 'connection')
    const { connection, peer } = await openClient(t)
    assert.deepEqual(events, [{ event: 'opened', connection, error: undefined }])
    peer.socket.destroy()
    const error = await connection.closed
    assert.deepEqual(events[1], { event: 'closed', connection, error })
  })

  it('tell of a session that begins and ends', async (t) => {
    const events = published<AmqpSessionEvent>(t, 'session')
    const { session, peer } = await openSession(t)
    const ending = session.end()
    await peer.expect('end')
    peer.send({ type: 'end' })
    await ending
    assert.deepEqual(
      events.map(({ event, session: of, error }) => [event, of, error]),
      [
        ['begun', session, undefined],
        ['ended', session, undefined],
      ],
    )
  })

  it('tell of a link that is attached, refused and detached, and why', async (t) => {
    const events = published<AmqpLinkEvent>(t, 'link')
    const opened = await attachedSender(t, 0)
    const { session, peer, sender } = opened
    peer.send({ type: 'detach', handle: 0, closed: true, error: { condition: 'amqp:link:detach-forced' } })
    await sender.closed
    const refused = assert.rejects(session.attachSender({ address: 'nowhere' }), { condition: 'amqp:not-found' })
    await peer.expect('detach')
    const attach = await peer.expect('attach')
    peer.send({ type: 'attach', name: attach.name, handle: 5, role: true, source: attach.source })
    peer.send({ type: 'detach', handle: 5, closed: true, error: { condition: 'amqp:not-found' } })
    await refused
    assert.deepEqual(
      events.map(({ event, error }) => [event, error?.condition]),
      [
        ['attached', undefined],
        ['detached', 'amqp:link:detach-forced'],
        ['refused', 'amqp:not-found'],
      ],
    )
  })

  it('tell of a rule that the peer broke', async (t) => {
    const events = published<AmqpViolationEvent>(t, 'violation')
    const { connection, peer, sender } = await attachedSender(t, 0)
    peer.send(creditFor(7, 1))
    await sender.closed
    assert.deepEqual(events, [
      {
        connection,
        scope: 'session',
        condition: 'amqp:session:unattached-handle',
        description: 'flow.handle: 7 is not attached for that',
      },
    ])
  })

  it('tell of a peer that does not read, and that it reads again', async (t) => {
    const events = published<AmqpBackpressureEvent>(t, 'backpressure')
    const { peer, sender } = await attachedSender(t, 1000, {}, { begin: { incomingWindow: 100_000 } })
    peer.socket.pause()
    let done = 0
    const payload = Buffer.alloc(256 * 1024)
    for (let n = 0; n < 100; n++) void sender.send(payload, { settled: true }).then(() => (done += 1))
    await until(() => events.length === 1)
    assert.deepEqual(events[0], { event: 'blocked', connection: sender.connection })
    peer.socket.resume()
    await until(() => done === 100)
    assert.equal(events.at(-1)?.event, 'unblocked')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LinkError } from '../../../src/amqp/errors.ts'
import {
  addSender,
  attachedReceiver,
  attachedSender,
  bodyOf,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { dial, mirrored } from '../../support/scripted-peer.ts'

describe('attaching a link', () => {
  it('says what was asked for', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachReceiver({
      name: 'my link',
      source: { address: 'from', capabilities: ['queue'] },
      target: { address: 'to' },
      properties: { why: 'test' },
      desiredCapabilities: ['shared'],
      sndSettleMode: 1,
      rcvSettleMode: 1,
      maxMessageSize: 1000,
    })
    const attach = await peer.attachAsServer({ properties: new Map([['answer', 42]]), source: { address: 'given' } })
    assert.deepEqual([attach.name, attach.role, attach.sndSettleMode, attach.rcvSettleMode], ['my link', true, 1, 1])
    assert.deepEqual([attach.source?.address, attach.source?.capabilities], ['from', ['queue']])
    assert.deepEqual([attach.maxMessageSize, attach.desiredCapabilities], [1000, ['shared']])
    assert.equal(attach.properties?.get('why'), 'test')
    const receiver = await attaching
    assert.equal(receiver.isAttached, true)
    assert.equal(receiver.remoteSource?.address, 'given')
    assert.equal(receiver.remoteTarget?.address, 'to')
    assert.equal(receiver.remoteProperties.get('answer'), 42)
  })

  it('may use one name in both directions', async (t) => {
    const { session, peer } = await openSession(t)
    const both = Promise.all([
      session.attachSender({ name: 'pair', address: 'q' }),
      session.attachReceiver({ name: 'pair', address: 'q' }),
    ])
    await peer.attachAsServer()
    await peer.attachAsServer()
    const [sender, receiver] = await both
    assert.deepEqual([sender.name, receiver.name], ['pair', 'pair'])
  })

  it('twice by one name in one direction is refused here', async (t) => {
    const opened = await openSession(t)
    await addSender(opened, 0, { name: 'one' })
    await assert.rejects(opened.session.attachSender({ name: 'one' }), {
      name: 'LinkError',
      condition: 'amqp:not-allowed',
      message: /a link "one" of this direction already/,
    })
  })

  it('by a name that is free again works', async (t) => {
    const opened = await openSession(t)
    const first = await addSender(opened, 0, { name: 'one' })
    const detaching = first.detach()
    await opened.peer.detachAsServer()
    await detaching
    const second = await addSender(opened, 0, { name: 'one' })
    assert.equal(second.isAttached, true)
    assert.equal(second.handle, first.handle)
  })

  it("is limited by the peer's handle-max", async (t) => {
    const opened = await openSession(t, { handleMax: 0 })
    await addSender(opened, 0)
    await assert.rejects(opened.session.attachSender({}), {
      name: 'LinkError',
      condition: 'amqp:resource-limit-exceeded',
    })
  })

  it('with a property that cannot be sent fails, and leaves nothing behind', async (t) => {
    const opened = await openSession(t, { handleMax: 0 })
    const properties = { broken: Symbol('x') as unknown as string }
    await assert.rejects(opened.session.attachSender({ properties }), { code: 'AMQP_ENCODE' })
    await assert.rejects(opened.session.attachReceiver({ creditWindow: 1.5 }), RangeError)
    assert.equal((await addSender(opened, 0)).handle, 0)
  })

  it('that is refused rejects with the reason: attach without terminus, then detach', async (t) => {
    const { session, peer } = await openSession(t)
    const closed: (LinkError | undefined)[] = []
    const attaching = session.attachSender({ address: 'nowhere', onClosed: (error) => closed.push(error) })
    const refused = assert.rejects(attaching, {
      name: 'LinkError',
      origin: 'remote',
      condition: 'amqp:not-found',
      message: /sender to "nowhere": refused by the peer, amqp:not-found: no such node/,
    })
    const attach = await peer.expect('attach')
    peer.send(mirrored(attach, { target: undefined }))
    peer.send({
      type: 'detach',
      handle: 0,
      closed: true,
      error: { condition: 'amqp:not-found', description: 'no such node' },
    })
    await refused
    await peer.expect('detach')
    assert.equal(closed.length, 1)
    assert.equal(closed[0]?.condition, 'amqp:not-found')
  })

  it('that is refused by halves ends in its time too', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachReceiver({ address: 'nowhere', timeoutMs: 500 })
    const refused = assert.rejects(attaching, /did not send the detach that its refusal announced within 500 ms/)
    peer.send(mirrored(await peer.expect('attach'), { source: undefined }))
    await refused
    await peer.expect('detach')
  })

  it('that the peer refuses by ending the session rejects with the reason', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachReceiver({ address: 'nowhere' })
    const refused = assert.rejects(attaching, { name: 'LinkError', origin: 'parent', condition: 'amqp:not-found' })
    await peer.expect('attach')
    peer.send({ type: 'end', error: { condition: 'amqp:not-found' } })
    await refused
  })

  it('that is not answered rejects in time; a late answer is detached', async (t) => {
    const opened = await openSession(t)
    const { session, peer } = opened
    const late = session.attachSender({ address: 'slow', timeoutMs: 30 })
    await assert.rejects(late, {
      name: 'LinkError',
      origin: 'local',
      message: /did not answer the attach within 30 ms/,
    })
    const attach = await peer.expect('attach')
    await peer.expect('detach')
    peer.sendAll(mirrored(attach), {
      type: 'flow',
      nextIncomingId: 0,
      incomingWindow: 9,
      nextOutgoingId: 0,
      outgoingWindow: 9,
      handle: 0,
      deliveryCount: 0,
      linkCredit: 9,
      echo: true,
    })
    peer.send({ type: 'detach', handle: 0, closed: true })
    await addSender(opened, 0)
    assert.equal(session.isOpen, true)
    assert.deepEqual(peer.unread, [])
  })

  it('ends with the reason of its signal', async (t) => {
    const { session, peer } = await openSession(t)
    const controller = new AbortController()
    const attaching = session.attachSender({ signal: controller.signal })
    await peer.expect('attach')
    const reason = new Error('enough')
    controller.abort(reason)
    await assert.rejects(attaching, (error) => error === reason)
    await peer.expect('detach')
    await assert.rejects(session.attachSender({ signal: controller.signal }), (error) => error === reason)
    assert.deepEqual(peer.unread, [])
  })
})

describe('detaching a link', () => {
  it('is over when the peer has answered, without error', async (t) => {
    const closed: unknown[] = []
    const { peer, sender } = await attachedSender(t, 0, { onClosed: (error) => closed.push(error) })
    const detaching = sender.detach()
    assert.equal(sender.isAttached, false)
    const detach = await peer.detachAsServer()
    assert.equal(detach.closed, true)
    await detaching
    await sender.detach()
    assert.equal(await sender.closed, undefined)
    assert.deepEqual(closed, [undefined])
  })

  it('may keep the terminus, and may say why', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    const detaching = sender.detach({ closed: false, error: { condition: 'my:reason' } })
    const detach = await peer.detachAsServer()
    assert.equal(detach.closed, false)
    assert.equal(detach.error?.condition, 'my:reason')
    await detaching
  })

  it('by the peer is answered in kind and told with its reason, once', async (t) => {
    const closed: unknown[] = []
    const { peer, sender, session } = await attachedSender(t, 0, { onClosed: (error) => closed.push(error) })
    const told = new Reported()
    sender.submit(bodyOf('x'), { settled: false }, told)
    peer.send({ type: 'detach', handle: 0, closed: true, error: { condition: 'amqp:link:detach-forced' } })
    assert.equal((await peer.expect('detach')).closed, true)
    const error = await sender.closed
    assert.deepEqual([error?.origin, error?.condition], ['remote', 'amqp:link:detach-forced'])
    await until(() => told.calls.length > 0)
    assert.deepEqual(told.calls, [{ failed: 'remote', sent: false }])
    const ending = session.end()
    await peer.expect('end')
    peer.send({ type: 'end' })
    await ending
    assert.deepEqual(closed, [error])
  })

  it('by both at once is over without error', async (t) => {
    const { peer, sender, session } = await attachedSender(t, 0)
    const detaching = sender.detach()
    peer.send({ type: 'detach', handle: 0, closed: true })
    await detaching
    await peer.expect('detach')
    assert.equal(await sender.closed, undefined)
    assert.equal(session.isOpen, true)
  })

  it('settles first what was decided before', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, {
      onDelivery: (delivery) => {
        delivery.accept()
        void receiver.detach()
        delivery.release()
      },
    })
    await peer.expect('flow')
    peer.send({ type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1) }, bodyOf('x'))
    const disposition = await peer.expect('disposition')
    assert.deepEqual([disposition.first, disposition.state?.type], [0, 'accepted'])
    await peer.expect('detach')
  })

  it('reports what onClosed throws and goes on', async (t) => {
    const defects = defectsOf(t)
    const { peer, sender, connection } = await attachedSender(t, 0, {
      onClosed: () => {
        throw new Error('mine')
      },
    })
    peer.send({ type: 'detach', handle: 0, closed: true })
    await sender.closed
    assert.equal(defects.length, 1)
    assert.equal(connection.isOpen, true)
  })
})

describe('a link by the name of one that is there', () => {
  it('takes its place, as the specification says of stolen links', async (t) => {
    const closed: (LinkError | undefined)[] = []
    const listener = await startListener(t, {
      onLink: (request) => request.acceptReceiver({ onDelivery: () => {}, onClosed: (error) => closed.push(error) }),
    })
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    await peer.beginAsClient()
    const attach = { type: 'attach', name: 'same', role: false, source: {}, target: { address: 'q' } } as const
    peer.send({ ...attach, handle: 0, initialDeliveryCount: 0 })
    await peer.expect('attach')
    await peer.expect('flow')
    peer.send({ ...attach, handle: 1, initialDeliveryCount: 0 })
    const detach = await peer.expect('detach')
    assert.deepEqual([detach.handle, detach.error?.condition], [0, 'amqp:link:stolen'])
    const again = await peer.expect('attach')
    assert.equal(again.name, 'same')
    peer.send({ type: 'detach', handle: 0, closed: true })
    await until(() => closed.length === 1)
    assert.equal(closed[0]?.condition, 'amqp:link:stolen')
  })
})

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LinkRequest } from '../../../src/amqp/link-request.ts'
import type { ListenOptions } from '../../../src/amqp/options.ts'
import type { Target } from '../../../src/codec/terminus.ts'
import {
  assertServes,
  bodyOf,
  clientOf,
  creditFor,
  nextTurn,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { dial, type ScriptedPeer } from '../../support/scripted-peer.ts'

const SEND = {
  type: 'attach',
  name: 'up',
  handle: 0,
  role: false,
  source: { address: 'me' },
  target: { address: 'queue' },
  initialDeliveryCount: 0,
} as const
const RECEIVE = {
  type: 'attach',
  name: 'down',
  handle: 0,
  role: true,
  source: { address: 'queue' },
  target: { address: 'me' },
} as const

async function listening(t: TestContext, onLink: ListenOptions['onLink']): Promise<ScriptedPeer> {
  const listener = await startListener(t, { onLink })
  return await clientOf(t, listener)
}

describe('a link that the peer asks for', () => {
  it('names the node that is meant, and is accepted as it was asked for when nothing else is said', async (t) => {
    const seen: unknown[] = []
    const peer = await listening(t, (request) => {
      seen.push([request.role, request.address])
      if (request.role === 'receiver') request.acceptSender()
      else if (request.address !== undefined) request.acceptReceiver()
      else request.refuse({ condition: 'amqp:not-implemented' })
    })
    peer.send(SEND)
    const receiver = await peer.expect('attach')
    const target = receiver.target as Target
    assert.deepEqual([receiver.role, receiver.source?.address, target.address], [true, 'me', 'queue'])
    await peer.expect('flow')
    peer.send({ ...RECEIVE, handle: 1 })
    const sender = await peer.expect('attach')
    assert.deepEqual([sender.role, sender.source?.address, (sender.target as Target).address], [false, 'queue', 'me'])
    peer.send({ ...SEND, name: 'transactions', handle: 2, target: { type: 'coordinator' } })
    await peer.expect('attach')
    assert.deepEqual(seen, [
      ['sender', 'queue'],
      ['receiver', 'queue'],
      ['sender', undefined],
    ])
  })

  it('tells what is asked', async (t) => {
    let seen: LinkRequest | undefined
    const peer = await listening(t, (request) => {
      seen = request
      request.refuse({ condition: 'amqp:not-found' })
    })
    peer.send({
      ...SEND,
      sndSettleMode: 1,
      rcvSettleMode: 1,
      maxMessageSize: 99,
      desiredCapabilities: ['x'],
      properties: new Map([['k', 'v']]),
    })
    await peer.expect('attach')
    assert.deepEqual([seen?.role, seen?.name, seen?.sndSettleMode, seen?.rcvSettleMode], ['sender', 'up', 1, 1])
    assert.deepEqual([seen?.maxMessageSize, seen?.desiredCapabilities, seen?.properties?.get('k')], [99, ['x'], 'v'])
    assert.deepEqual(
      [seen?.source?.address, seen?.target && 'address' in seen.target && seen.target.address],
      ['me', 'queue'],
    )
  })

  it('is accepted as the peer asks for it, where nothing else is said', async (t) => {
    const peer = await listening(t, (request) =>
      request.acceptReceiver({ source: undefined, onDelivery: (delivery) => delivery.accept() }),
    )
    peer.send({ ...SEND, sndSettleMode: 0, rcvSettleMode: 1 })
    const attach = await peer.expect('attach')
    assert.deepEqual([attach.name, attach.role, attach.source?.address], ['up', true, 'me'])
    assert.deepEqual([attach.sndSettleMode, attach.rcvSettleMode], [0, 1])
    const flow = await peer.expect('flow')
    peer.send({ type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1) }, bodyOf('x'))
    assert.equal((await peer.expect('disposition')).settled, false)
    assert.equal(flow.linkCredit, 100)
  })

  it('may be accepted later, with the credit that the peer gave meanwhile', async (t) => {
    let asked: LinkRequest | undefined
    const peer = await listening(t, (request) => {
      asked = request
    })
    peer.send(RECEIVE)
    peer.send(creditFor(0, 3))
    peer.send({ type: 'flow', nextIncomingId: 0, incomingWindow: 1, nextOutgoingId: 0, outgoingWindow: 1, echo: true })
    await peer.expect('flow')
    const sender = asked?.acceptSender({ source: { address: 'given' } })
    assert.equal(sender?.credit, 3)
    assert.equal((await peer.expect('attach')).source?.address, 'given')
    sender?.submit(bodyOf('x'), { settled: true }, new Reported())
    await peer.expect('transfer')
    assert.throws(() => asked?.refuse({ condition: 'x' }), { name: 'LinkError', message: /answered already/ })
  })

  it('is refused by an attach without terminus and a detach with the reason', async (t) => {
    for (const [frame, missing] of [
      [SEND, 'target'],
      [RECEIVE, 'source'],
    ] as const) {
      const peer = await listening(t, (request) => request.refuse({ condition: 'amqp:not-found', description: 'no' }))
      peer.send(frame)
      const attach = await peer.expect('attach')
      assert.equal(attach[missing], undefined)
      const detach = await peer.expect('detach')
      assert.deepEqual(
        [detach.closed, detach.error?.condition, detach.error?.description],
        [true, 'amqp:not-found', 'no'],
      )
      peer.send({ type: 'detach', handle: 0, closed: true })
      peer.send(frame)
      assert.equal((await peer.expect('attach')).handle, attach.handle)
    }
  })

  it('is refused when nobody takes links', async (t) => {
    const peer = await listening(t, undefined)
    peer.send(SEND)
    await peer.expect('attach')
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:not-allowed')
  })

  it('is refused when the handler throws, and that is reported', async (t) => {
    const defects = defectsOf(t)
    const peer = await listening(t, () => {
      throw new Error('mine')
    })
    peer.send(SEND)
    await peer.expect('attach')
    const { error } = await peer.expect('detach')
    assert.equal(error?.condition, 'amqp:internal-error')
    assert.doesNotMatch(error?.description ?? '', /mine/)
    assert.equal(defects.length, 1)
  })

  it('may have an asynchronous handler, whose failure is reported', async (t) => {
    const defects = defectsOf(t)
    const peer = await listening(t, async () => {
      throw new Error('mine')
    })
    peer.send(SEND)
    await until(() => defects.length === 1)
  })

  it('does no harm when the handler ends the session and throws', async (t) => {
    defectsOf(t)
    const peer = await listening(t, (request) => {
      void request.session.end()
      throw new Error('mine')
    })
    peer.send(SEND)
    await peer.expect('end')
    peer.send({ type: 'end' })
    await peer.beginAsClient()
  })

  it('cannot be accepted in the wrong direction, nor when its session is over', async (t) => {
    let asked: LinkRequest | undefined
    const peer = await listening(t, (request) => {
      asked = request
    })
    peer.send(SEND)
    await until(() => asked !== undefined)
    assert.throws(() => asked?.acceptSender({}), { name: 'LinkError', message: /attached "up" as sender/ })
    peer.send({ type: 'end' })
    await peer.expect('end')
    assert.throws(() => asked?.acceptReceiver({ onDelivery: () => {} }), { name: 'LinkError', origin: 'parent' })
  })

  it('that the peer takes back is answered all the same', async (t) => {
    let asked: LinkRequest | undefined
    const peer = await listening(t, (request) => {
      asked = request
    })
    peer.sendAll(SEND, { type: 'detach', handle: 0, closed: true })
    await peer.expect('attach')
    await peer.expect('detach')
    assert.throws(() => asked?.refuse({ condition: 'x' }), { name: 'LinkError' })
    peer.send(SEND)
    await until(() => asked?.answered === false)
  })

  it('is refused when our answer cannot be sent, and the one who wrote it is told', async (t) => {
    const thrown: unknown[] = []
    const peer = await listening(t, (request) => {
      try {
        request.acceptReceiver({ target: { address: '\ud800' }, onDelivery: () => {} })
      } catch (error) {
        thrown.push(error)
      }
    })
    peer.send(SEND)
    await peer.expect('attach')
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:internal-error')
    assert.equal((thrown[0] as { code?: string }).code, 'AMQP_ENCODE')
  })

  it('ends the session when the peer has left us no handle for the answer', async (t) => {
    const defects = defectsOf(t)
    const listener = await startListener(t, { onLink: (request) => request.acceptReceiver({ onDelivery: () => {} }) })
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    await peer.beginAsClient({ handleMax: 0 })
    peer.send(SEND)
    await peer.expect('attach')
    peer.send({ ...SEND, name: 'second', handle: 1 })
    assert.equal((await peer.expectLater('end')).error?.condition, 'amqp:resource-limit-exceeded')
    assert.deepEqual(defects, [])
    await assertServes(t, listener)
  })

  it('is no defect of a listener that takes none, when the peer has left us no handle to say so', async (t) => {
    const defects = defectsOf(t)
    const listener = await startListener(t)
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    await peer.beginAsClient({ handleMax: 0 })
    peer.sendAll(SEND, { ...SEND, name: 'second', handle: 1 })
    assert.equal((await peer.expectLater('end')).error?.condition, 'amqp:resource-limit-exceeded')
    assert.deepEqual(defects, [])
    await assertServes(t, listener)
  })

  it('that the peer takes back frees its handle for the next one', async (t) => {
    const listener = await startListener(t, { onLink: () => {} })
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    await peer.beginAsClient({ handleMax: 0 })
    for (let n = 0; n < 3; n++) {
      peer.sendAll(SEND, { type: 'detach', handle: 0, closed: true })
      assert.equal((await peer.expect('attach')).handle, 0)
      await peer.expect('detach')
    }
  })

  it('ends the session when the answer does not fit into the frames that the peer takes', async (t) => {
    const defects = defectsOf(t)
    const listener = await startListener(t, { onLink: (request) => request.acceptReceiver({ onDelivery: () => {} }) })
    const peer = await dial(t, listener.port)
    await peer.openAsClient({ maxFrameSize: 512 })
    await peer.beginAsClient()
    peer.send({ ...SEND, name: 'n'.repeat(600) })
    assert.equal((await peer.expect('end')).error?.condition, 'amqp:frame-size-too-small')
    assert.deepEqual(defects, [])
    await assertServes(t, listener)
  })

  it('is no defect of who accepts it when the peer has gone meanwhile', async (t) => {
    const defects = defectsOf(t)
    let asked = 0
    let ended = false
    const onLink = async (request: LinkRequest): Promise<void> => {
      asked += 1
      while (!ended) await nextTurn()
      request.acceptReceiver({ onDelivery: () => {} })
    }
    const peer = await listening(t, onLink)
    peer.sendAll(SEND, { type: 'detach', handle: 0, closed: true }, { ...SEND, name: 'second' }, { type: 'end' })
    await peer.expectLater('end')
    ended = true
    for (let turns = 0; turns < 5; turns++) await nextTurn()
    assert.deepEqual([asked, defects], [2, []])
  })

  it('is refused when the handler that was to answer it rejects', async (t) => {
    const defects = defectsOf(t)
    const mine = new Error('mine')
    const peer = await listening(t, async () => {
      await nextTurn()
      throw mine
    })
    peer.send(SEND)
    await peer.expect('attach')
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:internal-error')
    assert.deepEqual(
      defects.map(({ error }) => error),
      [mine],
    )
  })
})

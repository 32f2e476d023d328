// What an attach says and may say, in either direction (AMQP 1.0 part 2: 2.6.1, 2.6.2, 2.6.3, 2.7.3; part 3: 3.5.3, 3.5.4).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import type { Link } from '../../../src/amqp/link.ts'
import type { LinkRequest } from '../../../src/amqp/link-request.ts'
import { Described, symbol } from '../../../src/codec/types.ts'
import {
  addSender,
  attachedReceiver,
  bodyOf,
  clientOf,
  creditFor,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { mirrored, type ScriptedPeer } from '../../support/scripted-peer.ts'

const SEND = {
  type: 'attach',
  name: 'up',
  handle: 0,
  role: false,
  source: {},
  target: { address: 'q' },
  initialDeliveryCount: 0,
} as const
const RECEIVE = { type: 'attach', name: 'down', handle: 1, role: true, source: { address: 'q' }, target: {} } as const

const TAGS = new Map<Buffer, unknown>([
  [Buffer.of(1), null],
  [Buffer.of(2), new Described(0x24, [])],
  [Buffer.of(3), new Described(0x23, [0, 5])],
])

/** A listener that takes every link, and a client that has begun at it. */
async function taken(t: TestContext): Promise<{ peer: ScriptedPeer; links: Link[] }> {
  const links: Link[] = []
  const listener = await startListener(t, {
    onLink: (request) => {
      const asked = request.role === 'sender'
      links.push(asked ? request.acceptReceiver({ onDelivery: () => {} }) : request.acceptSender({}))
    },
  })
  return { peer: await clientOf(t, listener), links }
}

describe('an attach of ours', () => {
  it('says where the count of deliveries begins if we send, and nothing of it if we receive', async (t) => {
    const { session, peer } = await openSession(t)
    void session.attachSender({ address: 'q', initialDeliveryCount: 0xffffffff }).catch(() => {})
    void session.attachReceiver({ address: 'q' }).catch(() => {})
    assert.equal((await peer.expect('attach')).initialDeliveryCount, 0xffffffff)
    assert.equal((await peer.expect('attach')).initialDeliveryCount, undefined)
  })

  it('has no unsettled deliveries: none outlives its link', async (t) => {
    const { session, peer } = await openSession(t)
    void session.attachSender({ address: 'q' }).catch(() => {})
    const { unsettled, incompleteUnsettled } = await peer.expect('attach')
    assert.deepEqual([unsettled, incompleteUnsettled], [undefined, false])
  })

  it('takes the lowest handle that is free', async (t) => {
    const opened = await openSession(t)
    const links = []
    for (let n = 0; n < 4; n++) links.push(await addSender(opened, 0))
    for (const n of [2, 0]) {
      const detaching = links[n]?.detach()
      await opened.peer.detachAsServer()
      await detaching
    }
    assert.deepEqual([(await addSender(opened, 0)).handle, (await addSender(opened, 0)).handle], [0, 2])
  })

  it('and its answer may have different handles, each for the frames of its own end', async (t) => {
    const deliveries: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery)
    const { peer, receiver } = await attachedReceiver(t, { onDelivery }, { handle: 77 })
    assert.deepEqual([receiver.handle, (await peer.expect('flow')).handle], [0, 0])
    peer.send({ type: 'transfer', handle: 77, deliveryId: 0, deliveryTag: Buffer.of(0) }, bodyOf('x'))
    await until(() => deliveries.length === 1)
    peer.send({ type: 'detach', handle: 77, closed: true })
    assert.equal((await peer.expect('detach')).handle, 0)
  })

  it('leaves the termini to their ends: what the peer says of its own holds', async (t) => {
    const filter = new Map([['f', new Described(symbol('apache.org:selector-filter:string'), 'a = 1')]])
    const { receiver } = await attachedReceiver(
      t,
      { source: { address: 'asked', filter, distributionMode: 'move' }, target: { address: 'mine' } },
      { source: { address: 'given', distributionMode: 'copy', expiryPolicy: 'never' }, target: undefined },
    )
    const { address, filter: inPlace, distributionMode, expiryPolicy } = receiver.remoteSource ?? {}
    assert.deepEqual([address, inPlace, distributionMode, expiryPolicy], ['given', undefined, 'copy', 'never'])
    assert.deepEqual([receiver.target?.address, receiver.source?.filter], ['mine', filter])
  })
})

describe('an attach of the peer', () => {
  it('may have unsettled deliveries of an earlier link: the answer has none, and the link works', async (t) => {
    const { peer } = await taken(t)
    for (const attach of [SEND, RECEIVE]) {
      peer.send({ ...attach, unsettled: TAGS })
      const answer = await peer.expectLater('attach')
      assert.deepEqual([answer.unsettled, answer.incompleteUnsettled], [undefined, false])
    }
    peer.send({ type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1) }, bodyOf('x'))
    peer.send({ ...creditFor(1, 1), echo: true })
    assert.equal((await peer.expect('flow')).linkCredit, 1)
  })

  it('may have told only some of what it would send: that is ignored', async (t) => {
    const { peer, links } = await taken(t)
    peer.send({ ...SEND, unsettled: TAGS, incompleteUnsettled: true })
    await peer.expect('attach')
    assert.equal((await peer.expect('flow')).linkCredit, 100)
    assert.equal(links[0]?.isAttached, true)
  })

  it('that has told only some of what it received is sent nothing: the link ends', async (t) => {
    const { peer, links } = await taken(t)
    peer.send({ ...RECEIVE, unsettled: TAGS, incompleteUnsettled: true })
    await peer.expect('attach')
    const { error } = await peer.expect('detach')
    assert.equal(error?.condition, 'amqp:not-implemented')
    assert.match(error?.description ?? '', /^attach\.incomplete-unsettled: expected false/)
    peer.send({ type: 'detach', handle: 1, closed: true })
    assert.equal((await links[0]?.closed)?.condition, 'amqp:not-implemented')
  })

  it('that answers ours with only some of what it received rejects it', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachSender({ address: 'q' })
    const refused = assert.rejects(attaching, { name: 'LinkError', origin: 'local', condition: 'amqp:not-implemented' })
    peer.send(mirrored(await peer.expect('attach'), { incompleteUnsettled: true }))
    await peer.detachAsServer()
    await refused
  })

  it('that is refused has nothing of its unsettled deliveries in the answer', async (t) => {
    const listener = await startListener(t)
    const peer = await clientOf(t, listener)
    peer.send({ ...RECEIVE, unsettled: TAGS, incompleteUnsettled: true })
    const answer = await peer.expect('attach')
    assert.deepEqual([answer.unsettled, answer.incompleteUnsettled, answer.source], [undefined, false, undefined])
    await peer.expect('detach')
  })
})

describe('an attach of the peer that names no terminus for us', () => {
  for (const [what, attach, condition, description] of [
    ['sends to none', { ...SEND, target: undefined }, 'amqp:invalid-field', 'attach.target: expected one, found none'],
    [
      'sends to a coordinator of transactions',
      { ...SEND, target: { type: 'coordinator' } },
      'amqp:not-implemented',
      'attach.target: there are no transactions here',
    ],
    [
      'receives from none',
      { ...RECEIVE, source: undefined },
      'amqp:invalid-field',
      'attach.source: expected one, found none',
    ],
    [
      'receives from one that is still to be made',
      { ...RECEIVE, source: { dynamic: true } },
      'amqp:not-implemented',
      'attach.source: no dynamic node was made',
    ],
  ] as const)
    it(`and ${what} is refused when it is accepted without one, which is nobody's defect`, async (t) => {
      const defects = defectsOf(t)
      const { peer, links } = await taken(t)
      peer.send(attach)
      const answer = await peer.expect('attach')
      assert.equal(attach.role ? answer.source : answer.target, undefined)
      const { error } = await peer.expect('detach')
      assert.deepEqual([error?.condition, error?.description], [condition, description])
      peer.send({ type: 'detach', handle: attach.handle, closed: true })
      peer.send({ ...SEND, name: 'next', handle: 5 })
      assert.equal((await peer.expect('attach')).handle, 0)
      assert.deepEqual([links.length, defects], [1, []])
    })

  it('is accepted with one that is named here', async (t) => {
    const listener = await startListener(t, {
      onLink: (request) => request.acceptReceiver({ target: { address: 'ours' }, creditWindow: 0 }),
    })
    const peer = await clientOf(t, listener)
    peer.send({ ...SEND, target: undefined })
    const { target } = await peer.expect('attach')
    assert.equal(target && 'address' in target && target.address, 'ours')
  })
})

describe('two attaches by one name', () => {
  it('in both directions are a pair, and know it by the property', async (t) => {
    const requests: LinkRequest[] = []
    const listener = await startListener(t, {
      onLink: (request) => {
        requests.push(request)
        const properties = { paired: true }
        if (request.role === 'sender') request.acceptReceiver({ properties, onDelivery: () => {} })
        else request.acceptSender({ properties }).submit(bodyOf('reply'), { settled: true }, new Reported())
      },
    })
    const peer = await clientOf(t, listener)
    const properties = new Map([['paired', true]])
    peer.sendAll({ ...SEND, name: 'pair', properties }, { ...RECEIVE, name: 'pair', properties }, creditFor(1, 1))
    for (const role of [true, false]) {
      const answer = await peer.expectLater('attach')
      assert.deepEqual([answer.name, answer.role, answer.properties?.get('paired')], ['pair', role, true])
    }
    await peer.expectLater('transfer')
    assert.deepEqual(
      requests.map((request) => [request.role, request.properties?.get('paired')]),
      [
        ['sender', true],
        ['receiver', true],
      ],
    )
    peer.send({ type: 'detach', handle: 1, closed: true })
    await peer.expectLater('detach')
    peer.send({ type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(0), settled: true }, bodyOf('x'))
    peer.send({ ...creditFor(0, 0), nextOutgoingId: 1, linkCredit: undefined, echo: true })
    assert.equal((await peer.expectLater('flow')).deliveryCount, 1)
  })

  it('in one direction leave it to the one that is accepted last', async (t) => {
    const requests: LinkRequest[] = []
    const listener = await startListener(t, { onLink: (request) => void requests.push(request) })
    const peer = await clientOf(t, listener)
    peer.sendAll({ ...SEND, handle: 0 }, { ...SEND, handle: 1 })
    await until(() => requests.length === 2)
    const [first, second] = requests.map((request) => request.acceptReceiver({ creditWindow: 0 }))
    await peer.expect('attach')
    await peer.expect('attach')
    const detach = await peer.expect('detach')
    assert.deepEqual([detach.handle, detach.error?.condition], [0, 'amqp:link:stolen'])
    assert.deepEqual([first?.isAttached, second?.isAttached], [false, true])
  })
})

describe('a dynamic terminus', () => {
  it('is asked for without an address, and has the one that the peer gives it', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachReceiver({ source: { dynamic: true, dynamicNodeProperties: new Map() } })
    const attach = await peer.expect('attach')
    assert.deepEqual([attach.source?.dynamic, attach.source?.address], [true, undefined])
    peer.send(mirrored(attach, { source: { dynamic: true, address: 'made' } }))
    assert.equal((await attaching).remoteSource?.address, 'made')
  })

  it('is refused here when it is asked for and named, or has properties and is not asked for', async (t) => {
    const { session, peer } = await openSession(t)
    const named = { dynamic: true, address: 'q' }
    const dynamicNodeProperties = new Map([['lifetime-policy', new Described(0x2b, [])]])
    await assert.rejects(session.attachReceiver({ source: named }), { name: 'TypeError', message: /^source\.address/ })
    await assert.rejects(session.attachSender({ target: named }), { name: 'TypeError', message: /^target\.address/ })
    await assert.rejects(
      session.attachReceiver({ source: { dynamicNodeProperties } }),
      /^TypeError: source\.dynamicNode/,
    )
    await assert.rejects(session.attachSender({ target: { dynamicNodeProperties } }), /^TypeError: target\.dynamicNode/)
    await assert.rejects(
      session.attachSender({ source: { dynamic: true } }),
      /^TypeError: source\.address: expected the/,
    )
    assert.deepEqual(peer.unread, [])
    assert.equal((await addSender({ connection: session.connection, session, peer }, 0)).handle, 0)
  })

  it('that the peer asks for is answered with its address, or refused', async (t) => {
    const defects = defectsOf(t)
    let made: string | undefined = 'made'
    const listener = await startListener(t, {
      onLink: (request) => {
        const terminus = { dynamic: true, address: made }
        if (request.role === 'sender') request.acceptReceiver({ target: terminus, creditWindow: 0 })
        else request.acceptSender({ source: terminus })
      },
    })
    const peer = await clientOf(t, listener)
    peer.send({ ...RECEIVE, source: { dynamic: true } })
    assert.equal((await peer.expect('attach')).source?.address, 'made')
    peer.send({ ...SEND, target: { dynamic: true } })
    const { target } = await peer.expect('attach')
    assert.equal(target && 'address' in target && target.address, 'made')
    made = undefined
    peer.send({ ...RECEIVE, name: 'other', handle: 2, source: { dynamic: true } })
    await peer.expect('attach')
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:internal-error')
    assert.match(String(defects[0]?.error), /TypeError: source\.address: expected the name of the node that was made/)
  })
})

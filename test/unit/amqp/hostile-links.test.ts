// What a broken or malicious peer may do with links, messages and outcomes (see hostile-peer.test.ts for connections and
// sessions), and the same from a server to a client of ours.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attachedReceiver, bodyOf, openClient, openSession } from '../../support/amqp-fixtures.ts'
import { assertEnds, ENDED, FLOW, type HostileCase, RECEIVE, SEND, TRANSFER } from '../../support/hostile-cases.ts'
import { frameBytes, mirrored } from '../../support/scripted-peer.ts'

const OTHER = { ...SEND, name: 'other', handle: 2 } as const

const ATTACHES: readonly HostileCase[] = [
  {
    what: 'attaches with a snd-settle-mode that there is not',
    sends: [{ ...SEND, sndSettleMode: 7 }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^attach\.snd-settle-mode: expected 0, 1 or 2, found 7$/,
  },
  {
    what: 'attaches with a rcv-settle-mode that there is not',
    sends: [{ ...RECEIVE, rcvSettleMode: 2 }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^attach\.rcv-settle-mode: expected 0 or 1, found 2$/,
  },
  {
    what: 'attaches with an unsettled delivery without tag',
    sends: [{ ...SEND, unsettled: new Map([[null, null]]) }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^attach\.unsettled: expected delivery-tags as keys, found null$/,
  },
  {
    what: 'attaches a second link by the same name',
    sends: [SEND, { ...SEND, handle: 5 }],
    ends: 'detach',
    condition: 'amqp:link:stolen',
    description: /a link of the same name/,
  },
  {
    what: 'attaches the same link twice',
    sends: [SEND, SEND],
    ends: 'end',
    condition: 'amqp:session:handle-in-use',
    description: /^attach on handle 0, which is in use$/,
  },
  {
    what: 'uses the handle of a link that it has detached',
    sends: [SEND, { type: 'detach', handle: 0, closed: true }, TRANSFER],
    ends: 'end',
    condition: 'amqp:session:unattached-handle',
    description: /^transfer\.handle: 0/,
  },
]

const TRANSFERS: readonly HostileCase[] = [
  {
    what: 'starts a delivery without tag',
    sends: [SEND, { ...TRANSFER, deliveryTag: undefined }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^transfer\.delivery-tag: expected in the first frame of a delivery, found none$/,
  },
  {
    what: 'sends a delivery-tag of more than 32 bytes',
    sends: [SEND, { ...TRANSFER, deliveryTag: Buffer.alloc(33) }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^transfer\.delivery-tag: expected at most 32 bytes, found 33$/,
  },
  {
    what: 'changes the tag within a delivery',
    sends: [SEND, { ...TRANSFER, more: true }, { ...TRANSFER, deliveryTag: Buffer.of(2) }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^transfer\.delivery-tag: expected 0x01 until the delivery ends, found 0x02$/,
  },
  {
    what: 'begins a delivery amid another of the same link',
    sends: [SEND, { ...TRANSFER, more: true }, { ...TRANSFER, deliveryId: 1, deliveryTag: Buffer.of(2) }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^transfer\.delivery-id: expected 0 until the delivery ends, found 1$/,
  },
  {
    what: 'aborts another delivery than the one that is on its way',
    sends: [SEND, { ...TRANSFER, more: true }, { ...TRANSFER, deliveryId: 1, aborted: true }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^transfer\.delivery-id: expected 0 until the delivery ends, found 1$/,
  },
  {
    what: 'uses one id for deliveries of two links at once',
    sends: [SEND, OTHER, { ...TRANSFER, more: true }, { ...TRANSFER, handle: 2 }, TRANSFER],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /^transfer\.delivery-id: 0 is in use by an unsettled delivery$/,
  },
  {
    what: 'asks to be settled second on a link that settles first',
    sends: [SEND, { ...TRANSFER, rcvSettleMode: 1 }],
    ends: 'detach',
    condition: 'amqp:invalid-field',
    description: /^transfer\.rcv-settle-mode: expected 0 \(first\), as the link has it, found 1$/,
  },
  {
    what: 'sends a message whose frames are too large together',
    sends: [SEND, ...Array.from({ length: 11 }, () => frameBytes({ ...TRANSFER, more: true }, Buffer.alloc(100)))],
    ends: 'detach',
    condition: 'amqp:link:message-size-exceeded',
    description: /^a message of more than 1000 bytes$/,
  },
  {
    what: 'transfers after it has used up its credit by a Flow',
    sends: [SEND, { ...FLOW, handle: 0, deliveryCount: 10 }, TRANSFER],
    ends: 'detach',
    condition: 'amqp:link:transfer-limit-exceeded',
    description: /^a transfer without credit$/,
  },
]

describe('a peer that', () => {
  for (const hostile of [...ATTACHES, ...TRANSFERS])
    it(`${hostile.what} has its ${ENDED[hostile.ends]}`, async (t) => await assertEnds(t, hostile))
})

describe('a server that', () => {
  it('answers the Begin for a channel that has none has its connection closed', async (t) => {
    const { connection, peer } = await openClient(t)
    const opening = connection.openSession()
    const failed = assert.rejects(opening, { name: 'SessionError', origin: 'parent' })
    await peer.expect('begin')
    peer.send({ type: 'begin', remoteChannel: 3, nextOutgoingId: 0, incomingWindow: 1, outgoingWindow: 1 })
    assert.equal((await peer.expect('close')).error?.condition, 'amqp:invalid-field')
    await failed
  })

  it('sends frames on the channel before its Begin has its connection closed', async (t) => {
    const { connection, peer } = await openClient(t)
    const failed = assert.rejects(connection.openSession(), { name: 'SessionError', origin: 'parent' })
    await peer.expect('begin')
    peer.send(FLOW)
    assert.equal((await peer.expect('close')).error?.condition, 'amqp:not-allowed')
    await failed
  })

  it('answers the attach twice has its session ended', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachSender({ address: 'q' })
    const attach = await peer.expect('attach')
    peer.send(mirrored(attach))
    await attaching
    peer.send(mirrored(attach))
    assert.equal((await peer.expect('end')).error?.condition, 'amqp:session:handle-in-use')
    peer.send({ type: 'end' })
    assert.equal((await session.closed)?.origin, 'local')
  })

  it('attaches a link of its own to a client that takes none is refused, and no more', async (t) => {
    const { session, peer } = await openSession(t)
    peer.send(SEND)
    await peer.expect('attach')
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:not-allowed')
    assert.equal(session.isOpen, true)
  })

  it('answers the attach with a settle mode that there is not has its session ended', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachSender({ address: 'q' })
    const failed = assert.rejects(attaching, { name: 'LinkError', origin: 'parent', condition: 'amqp:invalid-field' })
    peer.send(mirrored(await peer.expect('attach'), { sndSettleMode: 3 }))
    assert.match((await peer.expect('end')).error?.description ?? '', /attach\.snd-settle-mode/)
    await failed
  })

  it('sends more than it was granted has its link detached', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0 })
    receiver.addCredit(1)
    await peer.expect('flow')
    for (const id of [0, 1]) peer.send({ ...TRANSFER, deliveryId: id, deliveryTag: Buffer.of(id) }, bodyOf('x'))
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:link:transfer-limit-exceeded')
  })
})

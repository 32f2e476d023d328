// What options say goes into Open, Begin and Attach, and what the peer says is there to read.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { addSender, attachedReceiver, openClient, openSession, Reported, until } from '../../support/amqp-fixtures.ts'
import { scriptedServer } from '../../support/scripted-peer.ts'

describe('what both ends say of themselves', () => {
  it('in Open', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({
      host: '127.0.0.1',
      port: server.port,
      outgoingLocales: ['de-AT', 'en-US'],
      incomingLocales: ['de-AT'],
      offeredCapabilities: ['a'],
      desiredCapabilities: ['b'],
    })
    const peer = await server.accept()
    const theirs = { outgoingLocales: ['fr-FR'], incomingLocales: ['it-IT'], desiredCapabilities: ['c'] }
    const open = await peer.openAsServer(theirs)
    assert.deepEqual(
      [open.outgoingLocales, open.incomingLocales, open.offeredCapabilities, open.desiredCapabilities],
      [['de-AT', 'en-US'], ['de-AT'], ['a'], ['b']],
    )
    const connection = await connecting
    t.after(() => connection.abort(new Error('the test is over')))
    const { outgoingLocales, incomingLocales, desiredCapabilities } = connection.remote
    assert.deepEqual({ outgoingLocales, incomingLocales, desiredCapabilities }, theirs)
  })

  it('in Begin', async (t) => {
    const { connection, peer } = await openClient(t)
    const beginning = connection.openSession({
      properties: { p: 1 },
      offeredCapabilities: ['a'],
      desiredCapabilities: ['b'],
      initialOutgoingId: 0xffffffff,
    })
    const theirs = {
      properties: new Map([['q', 2]]),
      offeredCapabilities: ['x'],
      desiredCapabilities: ['y'],
      handleMax: 7,
    }
    const { frame } = await peer.beginAsServer(theirs)
    assert.deepEqual(
      [frame.properties?.get('p'), frame.offeredCapabilities, frame.desiredCapabilities, frame.nextOutgoingId],
      [1, ['a'], ['b'], 0xffffffff],
    )
    assert.deepEqual((await beginning).remote, theirs)
  })

  it('in Attach', async (t) => {
    const { receiver, peer } = await attachedReceiver(
      t,
      { offeredCapabilities: ['a'], desiredCapabilities: ['b'], properties: { p: true } },
      { offeredCapabilities: ['x'], desiredCapabilities: ['y'], properties: new Map([['q', 2]]), maxMessageSize: 77 },
    )
    const attach = peer.log.find((frame) => frame.type === 'attach')
    assert.deepEqual([attach?.offeredCapabilities, attach?.desiredCapabilities], [['a'], ['b']])
    assert.deepEqual(
      [receiver.remoteOfferedCapabilities, receiver.remoteDesiredCapabilities, receiver.remoteMaxMessageSize],
      [['x'], ['y'], 77],
    )
    assert.equal(receiver.remoteProperties.get('q'), 2)
  })
})

describe('serial numbers that begin near their end', () => {
  it('wrap, for transfers, deliveries and the count of deliveries', async (t) => {
    const { connection, peer } = await openClient(t)
    const [session] = await Promise.all([
      connection.openSession({ initialOutgoingId: 0xfffffffe }),
      peer.beginAsServer({ incomingWindow: 2 }),
    ])
    const sender = await addSender({ connection, peer, session }, 0, { initialDeliveryCount: 0xffffffff })
    const handler = new Reported()
    for (let n = 0; n < 4; n++) sender.submit(Buffer.of(n), { settled: false }, handler)
    const flow = (more: Record<string, unknown>) =>
      peer.send({
        type: 'flow',
        incomingWindow: 2,
        nextOutgoingId: 0,
        outgoingWindow: 0,
        handle: 0,
        deliveryCount: 0xffffffff,
        linkCredit: 4,
        ...more,
      })
    flow({ nextIncomingId: 0xfffffffe })
    const ids = [(await peer.expect('transfer')).deliveryId, (await peer.expect('transfer')).deliveryId]
    assert.deepEqual(peer.unread, [])
    flow({ nextIncomingId: 0, deliveryCount: 1, linkCredit: 2 })
    ids.push((await peer.expect('transfer')).deliveryId, (await peer.expect('transfer')).deliveryId)
    assert.deepEqual(ids, [0xfffffffe, 0xffffffff, 0, 1])
    peer.send({
      type: 'disposition',
      role: true,
      first: 0xfffffffe,
      last: 1,
      settled: true,
      state: { type: 'accepted' },
    })
    await until(() => handler.calls.filter((call) => call === 'accepted').length === 4)
    assert.deepEqual([sender.credit, sender.unsettled], [0, 0])
  })
})

describe('a delivery that the peer resumes', () => {
  it('is unknown here: it is counted, and nobody gets it', async (t) => {
    const got: Buffer[] = []
    const { session, peer } = await openSession(t)
    const [receiver] = await Promise.all([
      session.attachReceiver({
        address: 'q',
        creditWindow: 2,
        onDelivery: (delivery) => {
          got.push(delivery.payload)
          delivery.accept()
        },
      }),
      peer.attachAsServer(),
    ])
    await peer.expect('flow')
    const transfer = { type: 'transfer', handle: 0, deliveryTag: Buffer.of(1) } as const
    peer.send(
      {
        ...transfer,
        deliveryId: 0,
        resume: true,
        more: true,
        state: { type: 'received', sectionNumber: 0, sectionOffset: 1 },
      },
      Buffer.of(1),
    )
    peer.send({ ...transfer, more: false }, Buffer.of(2))
    peer.send({ ...transfer, deliveryId: 1 }, Buffer.of(3))
    await until(() => got.length === 1)
    assert.deepEqual(got, [Buffer.of(3)])
    const flow = await peer.expectLater('flow')
    assert.deepEqual([(flow.deliveryCount ?? 0) + (flow.linkCredit ?? 0) > 2, receiver.unsettled], [true, 0])
  })
})

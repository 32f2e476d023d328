import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { attachLinkPair } from '../../../src/amqp/link-pair.ts'
import { bodyOf, creditFor, openSession, startListener } from '../../support/amqp-fixtures.ts'
import { mirrored } from '../../support/scripted-peer.ts'

describe('a link pair', () => {
  it('is two links of one name in both directions, marked as paired', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = attachLinkPair(session, { address: '/management', name: 'pair', receiver: { creditWindow: 1 } })
    const attaches = [await peer.expect('attach'), await peer.expect('attach')]
    assert.deepEqual(
      attaches.map(({ name, role, source, target, properties }) => [
        name,
        role,
        source?.address,
        target && 'address' in target ? target.address : undefined,
        properties?.get('paired'),
      ]),
      [
        ['pair', false, '/management', '/management', true],
        ['pair', true, '/management', '/management', true],
      ],
    )
    for (const attach of attaches) peer.send(mirrored(attach))
    const { sender, receiver } = await attaching
    assert.deepEqual([sender.isAttached, receiver.isAttached], [true, true])
  })

  it('grants the credit for an answer before the first request leaves', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = attachLinkPair(session, { address: '/management', receiver: { creditWindow: 3 } })
    const [sending, receiving] = [await peer.expect('attach'), await peer.expect('attach')]
    peer.send(mirrored(sending))
    peer.send(mirrored(receiving))
    peer.send(creditFor(sending.handle, 1))
    const { sender } = await attaching
    void sender.send({ body: { type: 'value', value: 'request' } }, { settled: true })
    const granted = await peer.expect('flow')
    assert.deepEqual([granted.handle, granted.linkCredit], [receiving.handle, 3])
    await peer.expect('transfer')
  })

  it('of which one is refused is not attached at all', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = assert.rejects(attachLinkPair(session, { address: '/management' }), {
      condition: 'amqp:unauthorized-access',
    })
    const sending = await peer.expect('attach')
    const receiving = await peer.expect('attach')
    peer.send(mirrored(sending))
    peer.send(mirrored(receiving, { source: undefined }))
    const error = { condition: 'amqp:unauthorized-access' }
    peer.send({ type: 'detach', handle: receiving.handle, closed: true, error })
    const detaches = [await peer.expectLater('detach'), await peer.expectLater('detach')]
    assert.deepEqual(detaches.map(({ handle }) => handle).sort(), [sending.handle, receiving.handle].sort())
    peer.send({ type: 'detach', handle: sending.handle, closed: true })
    await attaching
  })

  it('carries a request and its answer between two ends of ours', async (t) => {
    const listener = await startListener(t, {
      onLink(request) {
        assert.equal(request.paired, true)
        if (request.role === 'receiver') answers = request.acceptSender({})
        else
          request.acceptReceiver({
            onDelivery(delivery) {
              delivery.accept()
              void answers?.send(delivery.payload, { settled: true })
            },
          })
      },
    })
    let answers: { send(message: Uint8Array, options: { settled: boolean }): Promise<unknown> } | undefined
    const connection = await connect({ host: listener.host, port: listener.port })
    t.after(() => connection.abort(new Error('the test is over')))
    const { sender, receiver } = await attachLinkPair(await connection.openSession(), { address: 'node' })
    await sender.send(bodyOf('ping'))
    for await (const delivery of receiver) {
      assert.deepEqual(delivery.message.body, { type: 'value', value: 'ping' })
      delivery.accept()
      break
    }
  })
})

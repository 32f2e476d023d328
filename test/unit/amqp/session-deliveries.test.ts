import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import type { Receiver } from '../../../src/amqp/receiver.ts'
import { bodyOf, openSession, until } from '../../support/amqp-fixtures.ts'
import type { ScriptedPeer } from '../../support/scripted-peer.ts'

const LINKS = 50

interface ManyLinks {
  readonly peer: ScriptedPeer
  readonly receivers: readonly Receiver[]
  /** By delivery-id. */
  readonly deliveries: readonly Delivery[]
  /** Delivery-ids that the peer has settled, as we were told. */
  readonly told: readonly number[]
}

/** Receivers of one session with two unsettled deliveries each: ids 0 and 1 at the first, 2 and 3 at the second, and so on. */
async function manyLinks(t: TestContext): Promise<ManyLinks> {
  const deliveries: Delivery[] = []
  const told: number[] = []
  const onDelivery = (delivery: Delivery): void => {
    deliveries.push(delivery)
    delivery.onSettledByPeer = () => void told.push(delivery.id)
  }
  const { peer, session } = await openSession(t)
  const receivers: Receiver[] = []
  for (let n = 0; n < LINKS; n++) {
    const [receiver] = await Promise.all([
      session.attachReceiver({ address: `q${n}`, onDelivery }),
      peer.attachAsServer(),
    ])
    receivers.push(receiver)
    await peer.expect('flow')
  }
  for (let id = 0; id < 2 * LINKS; id++) send(peer, id, Math.floor(id / 2))
  await until(() => deliveries.length === 2 * LINKS)
  return { peer, receivers, deliveries, told }
}

function send(peer: ScriptedPeer, deliveryId: number, handle: number): void {
  peer.send({ type: 'transfer', handle, deliveryId, deliveryTag: Buffer.of(deliveryId) }, bodyOf('x'))
}

const settled = (first: number, last?: number) =>
  ({ type: 'disposition', role: false, first, last, settled: true }) as const

describe('what the peer says of deliveries that it sent', () => {
  it('reaches each link of a range', async (t) => {
    const { peer, receivers, deliveries, told } = await manyLinks(t)
    peer.send(settled(3, 2 * LINKS - 2))
    await until(() => told.length === 2 * LINKS - 4)
    assert.deepEqual(
      deliveries.filter((delivery) => !delivery.settled).map(({ id }) => id),
      [0, 1, 2, 2 * LINKS - 1],
    )
    assert.deepEqual(
      [0, 1, 2, LINKS - 1].map((n) => receivers[n]?.unsettled),
      [2, 1, 0, 1],
    )
  })

  it('reaches all that there are when the range is wider, and is said again without effect', async (t) => {
    const { peer, receivers, told } = await manyLinks(t)
    for (let n = 0; n < 2; n++) peer.send(settled(0xfffffff0, 0x7fffff00))
    peer.send(settled(7))
    await until(() => told.length === 2 * LINKS)
    send(peer, 7, 0) // the id is free again
    await until(() => receivers[0]?.unsettled === 1)
    assert.equal(told.length, 2 * LINKS)
    assert(receivers.slice(1).every((receiver) => receiver.unsettled === 0))
  })

  it('is of no interest once the link is gone or we have settled', async (t) => {
    const { peer, receivers, deliveries, told } = await manyLinks(t)
    deliveries[2]?.accept()
    const detaching = receivers[0]?.detach()
    await peer.expectLater('detach')
    peer.send({ type: 'detach', handle: 0, closed: true })
    await detaching
    peer.send(settled(0, 3))
    await until(() => told.length > 0)
    assert.deepEqual(told, [3])
  })

  it('counts for the session: an id in use on one link is no id for another', async (t) => {
    const { peer } = await manyLinks(t)
    send(peer, 1, LINKS - 1)
    const { error } = await peer.expectLater('end')
    assert.equal(error?.condition, 'amqp:invalid-field')
    assert.match(error?.description ?? '', /transfer\.delivery-id: 1 is in use/)
  })
})

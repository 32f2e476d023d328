import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Address } from '../../../src/router/address.ts'
import { Consumer } from '../../../src/router/consumer.ts'
import { LinkShare } from '../../../src/router/link-share.ts'
import { Producer } from '../../../src/router/producer.ts'
import { Traffic } from '../../../src/router/traffic.ts'
import { FakeDelivery, FakeIncoming, FakeOutgoing } from './fake-links.ts'

describe('the share of a link', () => {
  it('is an equal part, and never nothing', () => {
    const share = new LinkShare(100, 1_000)
    const found: number[][] = []
    for (let senders = 1; senders <= 3; senders++) {
      share.join()
      found.push([share.messages, share.bytes])
    }
    assert.deepEqual(found, [
      [100, 1_000],
      [50, 500],
      [33, 333],
    ])
    for (let n = 0; n < 2_000; n++) share.join()
    assert.deepEqual([share.messages, share.bytes], [1, 1])
    for (let n = 0; n < 2_003; n++) share.leave()
    assert.deepEqual([share.messages, share.bytes], [100, 1_000])
  })

  it('says when all together have more than they may', () => {
    const share = new LinkShare(100, 1_000)
    share.hold(1_000)
    assert.equal(share.overfull, false)
    share.hold(1)
    assert.equal(share.overfull, true)
    share.free(1)
    assert.equal(share.overfull, false)
  })

  it('bounds what it is granted, and what it has with the router', () => {
    const address = new Address('a', 'balanced')
    const share = new LinkShare(20, 64)
    const senders = [0, 1].map(() => {
      const link = new FakeIncoming()
      const producer = new Producer(new Traffic(), address, share)
      producer.attached(link)
      share.join()
      return { link, producer }
    })
    const consumer = new Consumer(address)
    const outgoing = new FakeOutgoing()
    consumer.attached(outgoing)
    address.addConsumer(consumer)
    outgoing.grant(1_000)
    for (const { producer } of senders) address.addProducer(producer)
    assert.deepEqual(
      senders.map(({ link }) => link.credit),
      [10, 10],
    )
    const [{ link, producer }] = senders as [(typeof senders)[0]]
    link.credit = 0
    const delivery = new FakeDelivery('x'.repeat(32))
    address.forwarder.forward(producer, delivery)
    producer.wantCredit()
    assert.equal(link.credit, 0, 'its share of the bytes is with the router')
    outgoing.settle('x'.repeat(32), { type: 'accepted' })
    assert.equal(link.credit, 10)
  })
})

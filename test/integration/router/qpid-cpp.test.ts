// A router with the manners of qpidd, as its clients see it: each case is a row of what was recorded from qpidd 1.40.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LinkError } from '../../../src/amqp/index.ts'
import { startRouter } from '../../../src/router/index.ts'
import { Bus, message, texts } from './bus.ts'

const as = 'qpid-cpp'
const refusedWith = (condition: string) => (error: unknown) =>
  error instanceof LinkError && error.condition === condition

describe('a router --as qpid-cpp', () => {
  it('calls itself what the broker does', async (t) => {
    const bus = await Bus.start(t, { as })
    const { remote } = await bus.connect()
    assert.equal(remote.properties.get('product'), 'qpid-cpp')
    assert.equal(remote.properties.get('version'), '1.40.0')
    assert.deepEqual(remote.offeredCapabilities, ['ANONYMOUS-RELAY'])
    assert.match(remote.containerId, /^[0-9a-f-]{36}$/)
  })

  it('has queues and topics by the patterns of Appendix C, and refuses what matches none', async (t) => {
    const bus = await Bus.start(t, { as })
    for (const address of [
      'exclusive.openstack.t.s',
      'unicast.openstack.t',
      'openstack.org/om/rpc/unicast/openstack/t',
    ]) {
      const sender = await bus.sender({ address })
      assert.equal((await sender.send(message('m'))).type, 'accepted', address)
    }
    assert.equal(bus.router.counters.stored, 3)
    for (const address of ['openstack.org/om/rpc/anycast/openstack/t', 'x', '$management']) {
      await assert.rejects(bus.sender({ address }), refusedWith('amqp:not-found'), address)
      await assert.rejects(
        bus.receiver({ address, onDelivery: () => {} }),
        (error) => error instanceof LinkError && error.message.includes(`Node not found: ${address}`),
        address,
      )
    }
  })

  it('accepts for a topic without subscribers, and gives each subscriber a copy', async (t) => {
    const bus = await Bus.start(t, { as })
    const address = 'broadcast.openstack.t.all'
    const sender = await bus.sender({ address })
    assert.equal((await sender.send(message('lost'))).type, 'accepted')
    const [one, two] = [await bus.collector({ address }), await bus.collector({ address })]
    for (const text of texts(1_200)) await sender.send(message(text), { settled: true })
    await sender.send(message('last'))
    for (const collector of [one, two]) assert.deepEqual(await collector.count(1_201), [...texts(1_200), 'last'])
    await Promise.all([one.receiver.detach(), two.receiver.detach()])
    for (const text of texts(600)) assert.equal((await sender.send(message(text))).type, 'accepted')
  })

  it('accepts for a topic although a subscriber does not settle', async (t) => {
    const bus = await Bus.start(t, { as })
    const address = 'broadcast.openstack.t.all'
    await bus.receiver({ address, onDelivery: () => {} })
    const sender = await bus.sender({ address })
    for (const text of texts(50)) assert.equal((await sender.send(message(text))).type, 'accepted')
    assert.equal(bus.router.counters.accepted, 50)
  })

  it('names a dynamic node after container and link, and does not say that it is one', async (t) => {
    const bus = await Bus.start(t, { as })
    const connection = await bus.connect({ containerId: 'me/[1]' })
    const options = { name: 'link', source: { dynamic: true }, target: { address: 'rpc-response' } }
    const collector = await bus.collector(options, connection)
    const { remoteSource } = collector.receiver
    assert.equal(remoteSource?.address, 'me/[1]_link')
    assert.equal(remoteSource?.dynamic ?? false, false)
    const sender = await bus.sender({ address: 'me/[1]_link' })
    await sender.send(message('reply'))
    assert.deepEqual(await collector.count(1), ['reply'])
    await connection.close()
    await assert.rejects(bus.sender({ address: 'me/[1]_link' }), refusedWith('amqp:not-found'))
  })

  it('gives nobody a dynamic node by the name of a queue or topic', async (t) => {
    const bus = await Bus.start(t, { as })
    const connection = await bus.connect({ containerId: 'unicast' })
    const { receiver } = await bus.collector({ name: 'jobs', source: { dynamic: true } }, connection)
    assert.match(`${receiver.remoteSource?.address}`, /^unicast_jobs_[0-9a-f-]{36}$/)
  })

  it('accepts and loses what an anonymous sender sends to nobody', async (t) => {
    const bus = await Bus.start(t, { as })
    const sender = await bus.sender({ target: {}, source: { address: 'me' } })
    assert.equal((await sender.send(message('m', 'unicast.nobody'))).type, 'accepted')
    assert.equal((await sender.send(message('m'))).type, 'accepted')
    assert.equal(bus.router.counters.stored, 0)
  })

  it('has no rules besides', async () => {
    const rules = [{ prefix: 'a', distribution: 'queue' }] as const
    await assert.rejects(startRouter({ as, rules }), /as: "qpid-cpp" has its own nodes/)
    await assert.rejects(startRouter({ as: 'qpid' as 'qpid-cpp' }), /as: expected one of .*found "qpid"/)
  })
})

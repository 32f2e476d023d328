// A router with the manners of qdrouterd: each case is a row of what was recorded from qdrouterd 1.19.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bus, message, texts, until } from './bus.ts'

const as = 'qpid-dispatch-router'

describe('a router --as qpid-dispatch-router', () => {
  it('calls itself what that router does', async (t) => {
    const { remote } = await (await Bus.start(t, { as })).connect()
    assert.equal(remote.properties.get('product'), 'qpid-dispatch-router')
    assert.equal(remote.maxFrameSize, 16_384)
  })

  it('stores no notifications: they wait with their sender for a listener', async (t) => {
    const bus = await Bus.start(t, { as })
    for (const address of ['openstack.org/om/notify/anycast/x/notifications.info', 'unicast.x.notifications.info']) {
      const sender = await bus.sender({ address })
      const sent = sender.send(message('m'))
      assert.equal(sender.credit, 0)
      const collector = await bus.collector({ address })
      assert.equal((await sent).type, 'accepted')
      assert.deepEqual(await collector.count(1), ['m'])
    }
    assert.equal(bus.router.counters.stored, 0)
  })

  it('throws away what is pre-settled and beyond what a slow consumer takes', async (t) => {
    const bus = await Bus.start(t, { as })
    await bus.receiver({ address: 'a', creditWindow: 0, onDelivery: () => {} })
    const sender = await bus.sender({ address: 'a' })
    for (const text of texts(2_000)) await sender.send(message(text), { settled: true })
    await until(() => bus.router.counters.received === 2_000)
    assert.ok(bus.router.counters.droppedForSlow >= 1_700, `${bus.router.counters.droppedForSlow}`)
  })

  it('takes rules, and can be told not to throw away', async (t) => {
    const rules = [{ prefix: 'a', distribution: 'multicast' }] as const
    const bus = await Bus.start(t, { as, rules, dropSettledOfSlow: false })
    const [one, two] = [await bus.collector({ address: 'a' }), await bus.collector({ address: 'a' })]
    await (await bus.sender({ address: 'a' })).send(message('m'))
    assert.deepEqual([await one.count(1), await two.count(1)], [['m'], ['m']])
  })
})

// What a router does to its peers on request, as a client of the AMQP door sees it.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { RouterOptionsError } from '../../../src/router/index.ts'
import { startRouter, type TestRouter } from '../../../src/testing/index.ts'
import { Bus, message, textOf, texts, until } from '../router/bus.ts'

async function start(t: TestContext): Promise<{ router: TestRouter; bus: Bus }> {
  const router = await startRouter({ rules: [{ prefix: 'q', distribution: 'queue' }] })
  return { router, bus: Bus.around(t, router) }
}

describe('connections that are dropped', () => {
  it('are those of one container, and gone without a word', async (t) => {
    const { router, bus } = await start(t)
    const one = await bus.connect({ containerId: 'one' })
    const other = await bus.connect({ containerId: 'other' })
    assert.equal(router.chaos.dropConnections({ containerId: 'one' }), 1)
    const error = await one.closed
    assert.match(error?.message ?? '', /lost|reset|ended|closed without/)
    assert.ok(other.isOpen)
    assert.equal(router.chaos.counters.droppedConnections, 1)
  })

  it('hear a condition when one is given', async (t) => {
    const { router, bus } = await start(t)
    const connection = await bus.connect()
    router.chaos.dropConnections({}, { error: { condition: 'amqp:connection:forced', description: 'maintenance' } })
    const error = await connection.closed
    assert.equal(error?.condition, 'amqp:connection:forced')
    assert.match(error?.message ?? '', /maintenance/)
  })

  it('are those of a virtual host, or of what a function says', async (t) => {
    const { router, bus } = await start(t)
    await bus.connect({ hostname: 'blue' })
    await bus.connect({ hostname: 'green', containerId: 'g' })
    assert.equal(router.chaos.dropConnections({ hostname: 'red' }), 0)
    assert.equal(router.chaos.dropConnections({ hostname: 'blue' }), 1)
    assert.equal(router.chaos.dropConnections({ where: ({ remote }) => remote.containerId === 'g' }), 1)
  })

  it('are none when the filter is misspelt', async (t) => {
    const { router, bus } = await start(t)
    const connection = await bus.connect()
    assert.throws(() => router.chaos.dropConnections({ container: 'x' } as object), {
      code: 'ROUTER_OPTIONS',
      message: /chaos\.dropConnections: unknown name "container"; did you mean "containerId"\?/,
    })
    assert.ok(connection.isOpen)
  })
})

describe('links that are detached', () => {
  it('are those of an address and of a role, with the condition that is given', async (t) => {
    const { router, bus } = await start(t)
    const receiver = await bus.receiver({ address: 'a/b' })
    const sender = await bus.sender({ address: 'a/b' })
    const elsewhere = await bus.receiver({ address: 'c' })
    const error = { condition: 'amqp:resource-deleted', description: 'gone' }
    assert.equal(router.chaos.detachLinks({ address: 'a/*', role: 'receiver' }, { error }), 1)
    assert.equal((await receiver.closed)?.condition, 'amqp:resource-deleted')
    assert.ok(sender.isAttached && elsewhere.isAttached)
    assert.equal(router.chaos.detachLinks({ role: 'sender' }), 1)
    assert.equal((await sender.closed)?.condition, 'amqp:link:detach-forced')
    assert.equal(router.chaos.detachLinks({ address: 'a/#' }), 0)
    assert.equal(router.chaos.counters.detachedLinks, 2)
  })

  it('are those with a dynamic address too', async (t) => {
    const { router, bus } = await start(t)
    const receiver = await bus.receiver({ source: { dynamic: true } })
    assert.equal(router.chaos.detachLinks({ address: { prefix: 'amqp:/_topo' } }), 1)
    assert.ok(await receiver.closed)
  })
})

describe('credit that is withheld', () => {
  it('is not there for senders that come, until the effect is stopped', async (t) => {
    const { router, bus } = await start(t)
    const withheld = router.chaos.withholdCredit('a')
    const collector = await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    const sent = sender.send(message('x'))
    const other = await bus.collector({ address: 'b' })
    await (await bus.sender({ address: 'b' })).send(message('y'))
    await other.count(1)
    assert.equal(sender.credit, 0)
    assert.deepEqual(collector.texts, [])
    assert.equal(withheld.count, 1)
    withheld.stop()
    assert.equal((await sent).type, 'accepted')
    assert.equal(withheld.active, false)
  })

  it('is taken back from senders that have it, also of a queue', async (t) => {
    const { router, bus } = await start(t)
    for (const address of ['a', 'q']) {
      await bus.collector({ address })
      const sender = await bus.sender({ address })
      await until(() => sender.credit > 0)
      const withheld = router.chaos.withholdCredit(address)
      await until(() => sender.credit === 0)
      withheld.stop()
      assert.equal((await sender.send(message('x'))).type, 'accepted')
    }
  })
})

describe('an outcome that the router says by itself', () => {
  it('is heard so many times, and then messages arrive again', async (t) => {
    const { router, bus } = await start(t)
    const collector = await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    router.chaos.release('a', 1)
    assert.equal((await sender.send(message('1'))).type, 'released')
    router.chaos.reject('a', 1, { condition: 'x:no', description: 'not today' })
    assert.deepEqual(await sender.send(message('2')), {
      type: 'rejected',
      error: { condition: 'x:no', description: 'not today', info: undefined },
    })
    router.chaos.modify('a', 1)
    const outcome = await sender.send(message('3'))
    assert.ok(outcome.type === 'modified' && outcome.deliveryFailed)
    router.chaos.lose('a', 2)
    assert.equal((await sender.send(message('4'))).type, 'accepted')
    assert.equal((await sender.send(message('5'))).type, 'accepted')
    assert.equal((await sender.send(message('6'))).type, 'accepted')
    assert.deepEqual(await collector.count(1), ['6'])
    const { released, rejected, modified, lost } = router.chaos.counters
    assert.deepEqual({ released, rejected, modified, lost }, { released: 1, rejected: 1, modified: 1, lost: 2 })
  })

  it('is heard by senders without an address, and by those to a queue', async (t) => {
    const { router, bus } = await start(t)
    await bus.collector({ address: 'a' })
    using released = router.chaos.release('#')
    const anonymous = await bus.sender({ target: {} })
    assert.equal((await anonymous.send(message('x', 'a'))).type, 'released')
    const queue = await bus.sender({ address: 'q/1' })
    for (const text of texts(600)) assert.equal((await queue.send(message(text))).type, 'released')
    assert.equal(released.count, 601)
    assert.equal(router.counters.stored, 0)
  })

  it('takes away what is settled', async (t) => {
    const { router, bus } = await start(t)
    const collector = await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    const lost = router.chaos.lose('a', 300)
    for (const text of texts(301)) await sender.send(message(text), { settled: true })
    await lost.hit(300)
    assert.deepEqual(await collector.count(1), ['m300'])
  })
})

describe('a message that is duplicated', () => {
  it('arrives twice, and its sender hears what became of the first', async (t) => {
    const { router, bus } = await start(t)
    const received: string[] = []
    await bus.receiver({
      address: 'a',
      onDelivery: (delivery) => {
        received.push(textOf(delivery))
        if (received.length === 1) delivery.accept()
        else delivery.reject()
      },
    })
    const sender = await bus.sender({ address: 'a' })
    const duplicated = router.chaos.duplicate('a', 1)
    assert.equal((await sender.send(message('x'))).type, 'accepted')
    await until(() => received.length === 2 && router.counters.inFlight === 0)
    assert.deepEqual(received, ['x', 'x'])
    assert.equal(duplicated.count, 1)
    assert.equal(router.counters.accepted, 1)
    assert.equal(router.counters.rejected, 0)
  })

  it('is stored twice in a queue, and comes twice to each subscriber', async (t) => {
    const { router, bus } = await start(t)
    router.chaos.duplicate('#')
    await (await bus.sender({ address: 'q' })).send(message('x'))
    await until(() => router.counters.stored === 2)
    const subscribers = [
      await bus.collector({ address: 'broadcast/a' }),
      await bus.collector({ address: 'broadcast/a' }),
    ]
    await (await bus.sender({ address: 'broadcast/a' })).send(message('y'), { settled: true })
    for (const subscriber of subscribers) assert.deepEqual(await subscriber.count(2), ['y', 'y'])
  })

  it('takes two places in the window of its sender, so that copies have a bound', async (t) => {
    const { router, bus } = await start(t)
    await bus.receiver({ address: 'a', creditWindow: 1000, onDelivery: () => {} })
    router.chaos.duplicate('a')
    const sender = await bus.sender({ address: 'a' })
    for (const text of texts(600))
      sender.submit(message(text), { settled: false }, { onOutcome: () => {}, onFailed: () => {} })
    await until(() => router.counters.forwarded === 500)
    await bus.connect()
    assert.equal(sender.queued, 350)
  })
})

describe('a message that is delayed', () => {
  it('goes on at once when the effect is stopped, in order', async (t) => {
    const { router, bus } = await start(t)
    const collector = await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    const delayed = router.chaos.delay('a', 3_600_000)
    const outcomes = texts(300).map((text) => sender.send(message(text)))
    await delayed.hit(250)
    await bus.connect()
    assert.equal(delayed.count, 250, 'the window of the sender is the bound')
    assert.deepEqual(collector.texts, [])
    assert.equal(router.counters.inFlight, 250)
    delayed.stop()
    assert.deepEqual(await collector.count(300), texts(300))
    assert.ok((await Promise.all(outcomes)).every(({ type }) => type === 'accepted'))
  })

  it('arrives when its time is over, and others pass it that are not delayed', async (t) => {
    const { router, bus } = await start(t)
    const collector = await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    router.chaos.delay('a', 20, 1)
    const outcomes = ['late', 'soon'].map((text) => sender.send(message(text)))
    await Promise.all(outcomes)
    assert.deepEqual(await collector.count(2), ['soon', 'late'])
  })

  it('is given up with its sender when it is unsettled, and goes on when it came settled', async (t) => {
    const { router, bus } = await start(t)
    const collector = await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    const delayed = router.chaos.delay('a', 3_600_000)
    void sender.send(message('unsettled')).catch(() => {})
    await sender.send(message('settled'), { settled: true })
    await delayed.hit(2)
    await sender.detach()
    await until(() => router.counters.inFlight === 1)
    delayed.stop()
    assert.deepEqual(await collector.count(1), ['settled'])
    await until(() => router.counters.inFlight === 0)
  })

  it('does not hold up the end of the router', async (t) => {
    const { router, bus } = await start(t)
    const collector = await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    const delayed = router.chaos.delay('a', 3_600_000)
    const sent = sender.send(message('x'))
    await delayed.hit()
    await router.close()
    assert.equal((await sent).type, 'accepted')
    assert.deepEqual(collector.texts, ['x'])
    await assert.rejects(delayed.hit(2), { code: 'CHAOS_MISSED', message: /the router is closed/ })
  })
})

describe('pre-settled messages of a slow consumer', () => {
  it('are dropped and counted while that is asked for', async (t) => {
    const { router, bus } = await start(t)
    const collector = await bus.collector({ address: 'a', creditWindow: 0 })
    const dropped = router.chaos.dropSettled()
    const sender = await bus.sender({ address: 'a' })
    collector.receiver.addCredit(1)
    await sender.send(message('first'), { settled: true })
    await collector.count(1)
    await Promise.all(texts(2000).map((text) => sender.send(message(text), { settled: true })))
    await until(() => router.counters.received === 2001)
    assert.equal(dropped.count, 1992)
    assert.equal(router.counters.droppedForSlow, 1992)
    assert.equal(router.chaos.counters.droppedSettled, 1992)
    dropped.stop()
    collector.receiver.addCredit(100)
    assert.equal((await collector.count(9)).at(-1), 'm1999')
    await Promise.all(texts(100).map((text) => sender.send(message(text), { settled: true })))
    assert.equal(dropped.count, 1992)
  })
})

describe('what is asked of chaos', () => {
  it('has to be possible', async (t) => {
    const { router } = await start(t)
    const { chaos } = router
    for (const wrong of [
      () => chaos.release('a/#x', 0),
      () => chaos.release('', 1),
      () => chaos.release({ prefix: 'a/*' }),
      () => chaos.release({ pattern: 'a' } as never),
      () => chaos.release(7 as never),
      () => chaos.delay('a', -1),
      () => chaos.delay('a', Number.NaN),
      () => chaos.duplicate('a', 1.5),
      () => chaos.detachLinks({ role: 'source' as never }),
      () => chaos.detachLinks({ address: '/' }),
      () => chaos.detachLinks({ where: 'x' as never }),
      () => chaos.detachLinks({}, { error: 'x' as never }),
      () => chaos.dropConnections({}, { error: { condition: '' } }),
      () => chaos.dropConnections({}, { error: null as never }),
      () => chaos.reject('a', 1, { condition: 'gr\u00fcn' }),
      () => chaos.reject('a', 1, { condition: 'x:y', description: 7 as never }),
    ])
      assert.throws(wrong, (error) => error instanceof RouterOptionsError && /^chaos\.\w+: /.test(error.message))
  })

  it('is over when all is stopped', async (t) => {
    const { router, bus } = await start(t)
    await bus.collector({ address: 'a' })
    const released = router.chaos.release('a')
    const missed = released.hit()
    router.chaos.withholdCredit('#')
    router.chaos.stop()
    await assert.rejects(missed, {
      code: 'CHAOS_MISSED',
      message: /expected to strike 1 times, struck 0 times: it was stopped/,
    })
    assert.equal((await (await bus.sender({ address: 'a' })).send(message('x'))).type, 'accepted')
  })

  it('does nothing any more when the router is closed', async () => {
    const router = await startRouter()
    await router.close()
    const late = router.chaos.release('a')
    assert.equal(late.active, false)
    await assert.rejects(late.hit(), { code: 'CHAOS_MISSED' })
    assert.equal(router.chaos.dropConnections(), 0)
    assert.equal(router.chaos.detachLinks(), 0)
  })
})

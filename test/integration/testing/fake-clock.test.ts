// The fake clock with client, server and router in one process, over real sockets.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/index.ts'
import { createTransport, RpcClient, serveRpc } from '../../../src/index.ts'
import { type FakeClock, startRouter, useFakeClock } from '../../../src/testing/index.ts'

function fakeClock(t: TestContext): FakeClock {
  const clock = useFakeClock()
  t.after(() => clock[Symbol.dispose]())
  return clock
}

describe('the fake clock over sockets', () => {
  it('makes the delays between attempts pass', async (t) => {
    const clock = fakeClock(t)
    await using router = await startRouter()
    await using transport = createTransport(router.url)
    const server = await serveRpc(transport, { topic: 't', server: 's' }, [{ ping: () => 'pong' }])
    const released = router.chaos.release('openstack.org/om/rpc/anycast/#', 12)
    const call = new RpcClient(transport, { topic: 't' }).call({}, 'ping', {}, { timeoutMs: 3_600_000 })
    for (let attempt = 1; attempt <= 12; attempt++) {
      const hit = released.hit(attempt, { timeoutMs: 7_200_000 })
      let isHit = false
      void hit.then(() => {
        isHit = true
      })
      while (!isHit) await clock.advance(100)
    }
    let answer: unknown
    void call.then((value) => {
      answer = value
    })
    while (answer === undefined) await clock.advance(100)
    assert.equal(answer, 'pong')
    assert.ok(clock.now >= 50 + 100 + 200 + 400 + 800 + 1600 + 3200 + 6400 + 10_000 * 4, `${clock.now}`)
    await server.stop()
  })

  it('does not keep a router with messages in flight from closing', async (t) => {
    fakeClock(t)
    const router = await startRouter({ drainTimeoutMs: 20 })
    const connection = await connect({ port: router.port })
    const session = await connection.openSession()
    const arrived = new Promise<void>((resolve) => {
      void session.attachReceiver({ address: 'a', onDelivery: () => resolve() })
    })
    const sender = await session.attachSender({ address: 'a' })
    const sent = sender.send({ body: { type: 'value', value: 'm' } }).catch(() => undefined)
    await arrived
    await router.close()
    await sent
    await connection.close()
  })

  it('keeps connections alive for hours, with heartbeats both ways', async (t) => {
    const clock = fakeClock(t)
    await using router = await startRouter({ idleTimeoutMs: 10_000 })
    await using connection = await connect({ port: router.port, idleTimeoutMs: 8_000 })
    await clock.advance(3 * 3_600_000)
    assert.ok(connection.isOpen)
    assert.equal(router.counters.connections, 1)
  })

  it('makes messages of a queue expire', async (t) => {
    const clock = fakeClock(t)
    await using router = await startRouter({ rules: [{ prefix: 'q', distribution: 'queue' }] })
    await using connection = await connect({ port: router.port })
    const sender = await (await connection.openSession()).attachSender({ address: 'q' })
    await sender.send({ header: { ttl: 86_400_000 }, body: { type: 'value', value: 'x' } })
    await clock.advance(86_399_000)
    assert.deepEqual([router.counters.stored, router.counters.expired], [1, 0])
    await clock.advance(1_100)
    assert.deepEqual([router.counters.stored, router.counters.expired], [0, 1])
  })

  it('lets a message that is delayed by chaos go on', async (t) => {
    const clock = fakeClock(t)
    await using router = await startRouter()
    await using connection = await connect({ port: router.port })
    const session = await connection.openSession()
    const receiver = await session.attachReceiver({ address: 'a' })
    const sender = await session.attachSender({ address: 'a' })
    const delayed = router.chaos.delay('a', 60_000)
    const outcome = sender.send({ body: { type: 'value', value: 'x' } }, { timeoutMs: 600_000 })
    await delayed.hit()
    await clock.advance(59_999)
    assert.equal(router.counters.forwarded, 0)
    await clock.advance(1)
    for await (const delivery of receiver) {
      delivery.accept()
      break
    }
    assert.equal((await outcome).type, 'accepted')
  })
})

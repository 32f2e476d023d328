import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { IdleTimeout } from '../../../src/amqp/idle-timeout.ts'
import { RpcClient, serveRpc } from '../../../src/index.ts'
import { monotonicMs, restartDeadline, startDeadline } from '../../../src/support/deadline.ts'
import { createMemoryTransport, type FakeClock, useFakeClock } from '../../../src/testing/index.ts'

function fakeClock(t: TestContext): FakeClock {
  const clock = useFakeClock()
  t.after(() => clock[Symbol.dispose]())
  return clock
}

/** Nothing comes, and nothing is written but empty frames. */
class SilentWire {
  readonly received = 0
  readonly written = 0
  sent = 0
  sendEmptyFrame(): void {
    this.sent += 1
  }
}

describe('the fake clock', () => {
  it('stands still until it is advanced', async (t) => {
    const clock = fakeClock(t)
    const before = monotonicMs()
    assert.equal(clock.now, 0)
    await clock.advance(1500)
    assert.equal(clock.now, 1500)
    assert.equal(monotonicMs() - before, 1500)
  })

  it('lets deadlines expire in order, each at its own time, and never early', async (t) => {
    const clock = fakeClock(t)
    const expired: string[] = []
    for (const ms of [300, 100, 200]) startDeadline(ms, () => expired.push(`${ms} at ${clock.now}`))
    await clock.advance(99)
    assert.deepEqual(expired, [])
    await clock.advance(1)
    assert.deepEqual(expired, ['100 at 100'])
    await clock.advance(10_000)
    assert.deepEqual(expired, ['100 at 100', '200 at 200', '300 at 300'])
  })

  it('expires what is begun meanwhile, when it is due within the same time', async (t) => {
    const clock = fakeClock(t)
    const expired: number[] = []
    const deadline = startDeadline(100, () => {
      expired.push(clock.now)
      if (expired.length < 5) restartDeadline(deadline, 100)
    })
    await clock.advance(450)
    assert.deepEqual(expired, [100, 200, 300, 400])
  })

  it('lets promises continue between two deadlines', async (t) => {
    const clock = fakeClock(t)
    const seen: string[] = []
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => startDeadline(ms, resolve))
    const work = async (): Promise<void> => {
      await sleep(100)
      seen.push(`woke at ${clock.now}`)
      await sleep(100)
      seen.push(`and at ${clock.now}`)
    }
    const other = sleep(150).then(() => seen.push('other'))
    await Promise.all([work(), other, clock.advance(200)])
    assert.deepEqual(seen, ['woke at 100', 'other', 'and at 200'])
  })

  it('forgets what is cancelled', async (t) => {
    const clock = fakeClock(t)
    startDeadline(100, () => assert.fail('expired')).cancel()
    await clock.advance(1000)
  })

  it('drives the idle time-out', async (t) => {
    const clock = fakeClock(t)
    const wire = new SilentWire()
    let idleAt: number | undefined
    const idle = new IdleTimeout(wire, 60_001, 30_000, () => {
      idleAt ??= clock.now
    })
    t.after(() => idle.stop())
    await clock.advance(30_000)
    assert.equal(wire.sent, 4)
    assert.equal(idleAt, undefined)
    await clock.advance(30_000)
    assert.ok(idleAt !== undefined && idleAt >= 59_999 && idleAt <= 60_001, `${idleAt}`)
  })

  it('hands what is pending to the real clock at its end, with what is left of its time', async (t) => {
    const clock = fakeClock(t)
    const expired = new Promise<void>((resolve) => startDeadline(60_010, resolve))
    const wire = new SilentWire()
    const idle = new IdleTimeout(wire, 0, 100, () => {})
    t.after(() => idle.stop())
    await clock.advance(60_000)
    const before = wire.sent
    clock[Symbol.dispose]()
    await expired
    await new Promise<void>((resolve) => {
      startDeadline(60, resolve)
    })
    assert.ok(wire.sent > before)
  })

  it('leaves what was begun before it to the real clock', async (t) => {
    const real = new Promise<void>((resolve) => startDeadline(20, resolve))
    fakeClock(t)
    await real
  })

  it('is the only one, and does not go backwards, and not in two ways at a time, and not after its end', async (t) => {
    const clock = fakeClock(t)
    assert.throws(() => useFakeClock(), { code: 'FAKE_CLOCK', message: /there is a fake clock already/ })
    await assert.rejects(clock.advance(-1), {
      code: 'FAKE_CLOCK',
      message: /expected milliseconds, 0 or more, found -1/,
    })
    await assert.rejects(clock.advance(Number.NaN), { code: 'FAKE_CLOCK' })
    const first = clock.advance(10)
    await assert.rejects(clock.advance(10), { code: 'FAKE_CLOCK', message: /another one is under way/ })
    await first
    clock[Symbol.dispose]()
    clock[Symbol.dispose]()
    await assert.rejects(clock.advance(10), { code: 'FAKE_CLOCK', message: /has been ended/ })
    useFakeClock()[Symbol.dispose]()
  })

  it('rejects with what a timer throws, and goes on after it', async (t) => {
    const clock = fakeClock(t)
    startDeadline(10, () => {
      throw new Error('a defect')
    })
    await assert.rejects(clock.advance(20), /a defect/)
    let expired = false
    startDeadline(5, () => {
      expired = true
    })
    await clock.advance(20)
    assert.ok(expired)
  })
})

describe('a call over the memory driver and the fake clock', () => {
  it('times out after an hour without anybody waiting', async (t) => {
    const clock = fakeClock(t)
    await using transport = createMemoryTransport()
    const call = new RpcClient(transport, { topic: 'nobody' }).call({}, 'x', {}, { timeoutMs: 3_600_000 })
    const timedOut = assert.rejects(call, { code: 'MESSAGING_TIMEOUT' })
    await clock.advance(3_599_999)
    let settled = false
    void call.catch(() => {
      settled = true
    })
    await clock.advance(0)
    assert.equal(settled, false)
    await clock.advance(1)
    await timedOut
  })

  it('is kept alive by heartbeats, for a method that takes a day', async (t) => {
    const clock = fakeClock(t)
    await using transport = createMemoryTransport()
    const endpoint = {
      slow: () => new Promise<string>((resolve) => startDeadline(86_400_000, () => resolve('done'))),
    }
    const server = await serveRpc(transport, { topic: 't', server: 's' }, [endpoint])
    const call = new RpcClient(transport, { topic: 't' }).call(
      {},
      'slow',
      {},
      { timeoutMs: 90_000_000, callMonitorTimeoutMs: 600_000 },
    )
    await clock.advance(86_400_000)
    assert.equal(await call, 'done')
    await server.stop()
  })

  it('meets another transport by the name of its bus, and no other', async (t) => {
    const clock = fakeClock(t)
    await using one = createMemoryTransport('shared-bus')
    await using two = createMemoryTransport('shared-bus')
    await using three = createMemoryTransport()
    const server = await serveRpc(one, { topic: 't', server: 's' }, [{ hello: () => 'hello' }])
    assert.equal(await new RpcClient(two, { topic: 't' }).call({}, 'hello'), 'hello')
    const lonely = new RpcClient(three, { topic: 't' }).call({}, 'hello', {}, { timeoutMs: 1000 })
    await Promise.all([assert.rejects(lonely, { code: 'MESSAGING_TIMEOUT' }), clock.advance(1000)])
    await server.stop()
  })
})

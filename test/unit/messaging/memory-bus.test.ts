import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { joinMemoryBus, MemoryBus } from '../../../src/messaging/memory-bus.ts'
import type { MemoryCopy } from '../../../src/messaging/memory-group.ts'
import { MemorySend } from '../../../src/messaging/memory-send.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

function sending(t: TestContext): MemorySend {
  const facts = { kind: 'notification', body: '{}', target: 'a test', timeoutMs: 20_000, retry: -1 } as const
  const send = new MemorySend(facts, () => {})
  t.after(() => send.succeed(undefined))
  return send
}

describe('the memory bus', () => {
  it('delivers to its consumers in turn', async (t) => {
    const bus = new MemoryBus()
    const taken: string[] = []
    for (const name of ['a', 'b', 'c']) bus.subscribe('address', false, () => void taken.push(name))
    for (let i = 0; i < 6; i += 1) bus.send('address', false, sending(t))
    await turn()
    assert.deepEqual(taken, ['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('holds back what no consumer has credit for, until one is done with a message', async (t) => {
    const bus = new MemoryBus()
    let taken = 0
    const consumer = bus.subscribe('address', false, () => {
      taken += 1
    })
    for (let i = 0; i < 150; i += 1) bus.send('address', false, sending(t))
    await turn()
    assert.equal(taken, 100)
    consumer.returnCredit()
    await turn()
    assert.equal(taken, 101)
  })

  it('delivers in multicast when all consumers have credit', async (t) => {
    const bus = new MemoryBus()
    const taken: string[] = []
    const slow = bus.subscribe('address', true, () => void taken.push('slow'))
    bus.subscribe('address', true, () => void taken.push('fast'))
    slow.credit = 0
    bus.send('address', true, sending(t))
    await turn()
    assert.deepEqual(taken, [])
    slow.returnCredit()
    await turn()
    assert.deepEqual(taken, ['slow', 'fast'])
  })

  it('does not deliver from inside a send', async (t) => {
    const bus = new MemoryBus()
    let taken = 0
    bus.subscribe('address', false, () => {
      taken += 1
    })
    bus.send('address', false, sending(t))
    assert.equal(taken, 0)
    await turn()
    assert.equal(taken, 1)
  })
})

describe('pools of the memory bus', () => {
  const listener = (bus: MemoryBus, pool?: string): MemoryCopy[] => {
    const taken: MemoryCopy[] = []
    bus.subscribe('address', false, (copy) => void taken.push(copy), { pool })
    return taken
  }

  it('get a message once each, and so do those without a pool together', async (t) => {
    const bus = new MemoryBus()
    const taken = [undefined, undefined, 'a', 'a', 'b'].map((pool) => listener(bus, pool))
    for (let i = 0; i < 4; i += 1) bus.send('address', false, sending(t))
    await turn()
    assert.deepEqual(
      taken.map(({ length }) => length),
      [2, 2, 2, 2, 4],
    )
  })

  it('have accepted a message when each of them has', async (t) => {
    const bus = new MemoryBus()
    const [a, b] = [listener(bus, 'a'), listener(bus, 'b')]
    const send = sending(t)
    let isAccepted = false
    void send.promise.then(() => {
      isAccepted = true
    })
    bus.send('address', false, send)
    await turn()
    a[0]?.accepted()
    a[0]?.accepted()
    await turn()
    assert.equal(isAccepted, false)
    b[0]?.accepted()
    await turn()
    assert.equal(isAccepted, true)
  })

  it('get again what they gave back, and nobody else does', async (t) => {
    const bus = new MemoryBus()
    const [a, b, none] = [listener(bus, 'a'), listener(bus, 'b'), listener(bus)]
    bus.send('address', false, sending(t))
    await turn()
    a[0]?.released()
    await turn()
    assert.deepEqual([a.length, b.length, none.length], [2, 1, 1])
  })

  it('fail a message that one of them rejects, after the others are done with it', async (t) => {
    const bus = new MemoryBus()
    const [a, b] = [listener(bus, 'a'), listener(bus, 'b')]
    const send = sending(t)
    let failure: unknown
    send.promise.catch((error: unknown) => {
      failure = error
    })
    bus.send('address', false, send)
    await turn()
    a[0]?.rejected('poison')
    await turn()
    assert.equal(failure, undefined)
    b[0]?.accepted()
    await turn()
    assert.match(String(failure), /rejected: poison/)
  })

  it('are told by the message that is not acknowledged in time', async (t) => {
    const bus = new MemoryBus()
    const facts = { kind: 'notification', body: '{}', target: 'a test', timeoutMs: 20, retry: -1 } as const
    const send = new MemorySend(facts, () => {})
    t.after(() => send.succeed(undefined))
    const [a] = [listener(bus, 'a'), listener(bus, 'slow')]
    bus.send('address', false, send)
    await turn()
    a[0]?.accepted()
    await assert.rejects(send.promise, /not acknowledged in the pool "slow"/)
  })

  it('have what waited for any listener, and not what was sent before a pool was there', async (t) => {
    const bus = new MemoryBus()
    bus.send('address', false, sending(t))
    const a = listener(bus, 'a')
    await turn()
    const late = listener(bus, 'late')
    a[0]?.released()
    await turn()
    assert.deepEqual([a.length, late.length], [2, 0])
  })

  it('keep what they gave back for their next listener, as long as its sender waits', async (t) => {
    const bus = new MemoryBus()
    const taken: MemoryCopy[] = []
    const consumer = bus.subscribe('address', false, (copy) => void taken.push(copy), { pool: 'a' })
    bus.send('address', false, sending(t))
    await turn()
    bus.unsubscribe(consumer)
    taken[0]?.released()
    const other = listener(bus, 'b')
    await turn()
    const again = listener(bus, 'a')
    await turn()
    assert.deepEqual([other.length, again.length], [0, 1])
  })
})

describe('joinMemoryBus', () => {
  it('gives the same bus to all who use a name at a time', () => {
    const one = joinMemoryBus('a name')
    const same = joinMemoryBus('a name')
    const other = joinMemoryBus('another name')
    assert.equal(one.bus, same.bus)
    assert.notEqual(one.bus, other.bus)
    one.leave()
    assert.equal(joinMemoryBus('a name').bus, same.bus)
    for (const { leave } of [same, same, other]) leave()
    assert.notEqual(joinMemoryBus('a name').bus, same.bus)
  })
})

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { joinMemoryBus, MemoryBus } from '../../../src/messaging/memory-bus.ts'
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

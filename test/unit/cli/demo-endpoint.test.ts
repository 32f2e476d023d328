import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DemoEndpoint, type Invocation } from '../../../src/cli/demo-endpoint.ts'
import type { RpcCall } from '../../../src/index.ts'

function newEndpoint() {
  const invocations: Invocation[] = []
  const endpoint = new DemoEndpoint({ server: 'one' }, (invocation) => invocations.push(invocation))
  const call = (method: string) => ({ method }) as unknown as RpcCall
  return { endpoint, invocations, call }
}

function add(a: unknown, b: unknown): unknown {
  const { endpoint, call } = newEndpoint()
  return endpoint.add({}, { a, b }, call('add'))
}

describe('the demo endpoint', () => {
  it('tells of an invocation before it runs', () => {
    const { endpoint, invocations, call } = newEndpoint()
    assert.throws(() => endpoint.fail({ user: 'ada' }, { message: 'boom' }, call('fail')), { message: 'boom' })
    assert.deepEqual(invocations, [{ method: 'fail', args: { message: 'boom' }, ctxt: { user: 'ada' }, server: 'one' }])
  })

  it('gives back what it was given, even null', () => {
    const { endpoint, call } = newEndpoint()
    assert.equal(endpoint.echo({}, { value: null }, call('echo')), null)
    assert.equal(endpoint.who({}, {}, call('who')), 'one')
    assert.equal(endpoint.note({}, { value: 1 }, call('note')), null)
  })

  it('refuses a call without its argument, and names it', () => {
    const { endpoint, call } = newEndpoint()
    assert.throws(() => endpoint.echo({}, {}, call('echo')), /"value" is missing/)
    assert.throws(() => endpoint.add({}, { a: 1 }, call('add')), /"b" is missing/)
  })

  it('adds as Python does', () => {
    assert.equal(add(2, 3), 5)
    assert.equal(add(0.5, 1), 1.5)
    assert.equal(add(Number.MAX_SAFE_INTEGER, 2), 9007199254740993n)
    assert.equal(add(9007199254740993n, -9007199254740990n), 3)
    assert.equal(add(9007199254740993n, 0.5), 9007199254740992)
    assert.equal(add(1e20, 1), 1e20)
    assert.equal(add('a', 'b'), 'ab')
    assert.ok(Number.isNaN(add(Infinity, -Infinity)))
    assert.throws(() => add('a', 1), TypeError)
    assert.throws(() => add(null, 1), TypeError)
  })

  it('sleeps, no longer than its server runs', async () => {
    const { endpoint, call } = newEndpoint()
    assert.equal(await endpoint.sleep({}, { ms: 0 }, call('sleep')), 0)
    const closed = new DemoEndpoint({ server: 'one', closed: AbortSignal.abort() }, () => {})
    await assert.rejects(closed.sleep({}, { ms: 60_000 }, call('sleep')), { name: 'AbortError' })
    for (const ms of [-1, '1', Number.NaN, 2 ** 31]) await assert.rejects(endpoint.sleep({}, { ms }, call('sleep')))
  })
})

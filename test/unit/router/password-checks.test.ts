import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PasswordChecks } from '../../../src/router/password-checks.ts'

/** Checks that end when they are told to. */
class Checks {
  readonly started: ((matches: boolean) => void)[] = []
  readonly check = (): Promise<boolean> => new Promise((resolve) => this.started.push(resolve))
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('checks of passwords', () => {
  it('run a few at a time, and the others in their turn', async () => {
    const bounded = new PasswordChecks({ running: 2, waiting: 10 })
    const checks = new Checks()
    const results = Array.from({ length: 4 }, () => bounded.run('a', checks.check))
    await settled()
    assert.equal(checks.started.length, 2)
    checks.started[1]?.(true)
    await settled()
    assert.equal(checks.started.length, 3)
    checks.started[0]?.(false)
    await settled()
    for (const end of checks.started) end(true)
    assert.deepEqual(await Promise.all(results), [false, true, true, true])
  })

  it('are refused where too many wait', async () => {
    const bounded = new PasswordChecks({ running: 1, waiting: 1 })
    const checks = new Checks()
    const [first, second] = [bounded.run('a', checks.check), bounded.run('a', checks.check)]
    assert.equal(await bounded.run('a', checks.check), undefined)
    checks.started[0]?.(true)
    await settled()
    checks.started[1]?.(true)
    assert.deepEqual(await Promise.all([first, second]), [true, true])
  })

  it('free their place when they fail', async () => {
    const bounded = new PasswordChecks({ running: 1, waiting: 0 })
    await assert.rejects(
      bounded.run('a', () => Promise.reject(new Error('no memory'))),
      /no memory/,
    )
    assert.equal(await bounded.run('a', () => Promise.resolve(true)), true)
  })

  it('end for those that wait when the router ends', async () => {
    const bounded = new PasswordChecks({ running: 1, waiting: 1 })
    const checks = new Checks()
    const [first, second] = [bounded.run('a', checks.check), bounded.run('a', checks.check)]
    await settled()
    bounded.end()
    assert.equal(await second, undefined)
    checks.started[0]?.(true)
    assert.equal(await first, true)
    assert.equal(await bounded.run('a', checks.check), undefined)
  })

  it('take turns among hosts, of which the one with the most gives way', async () => {
    const bounded = new PasswordChecks({ running: 1, waiting: 4 })
    const order: string[] = []
    const run = (host: string, name: string): Promise<boolean | undefined> =>
      bounded.run(host, () => {
        order.push(name)
        return settled().then(() => true)
      })
    const crowd = [0, 1, 2, 3, 4].map((n) => run('crowd', `crowd ${n}`))
    const good = [run('good', 'good 0'), run('good', 'good 1')]
    assert.deepEqual(await Promise.all(good), [true, true])
    assert.deepEqual(await Promise.all(crowd), [true, true, true, undefined, undefined])
    assert.deepEqual(order, ['crowd 0', 'crowd 1', 'good 0', 'crowd 2', 'good 1'])
  })
})

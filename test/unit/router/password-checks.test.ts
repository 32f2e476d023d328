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
    const results = Array.from({ length: 4 }, () => bounded.run(checks.check))
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
    const [first, second] = [bounded.run(checks.check), bounded.run(checks.check)]
    assert.equal(await bounded.run(checks.check), false)
    checks.started[0]?.(true)
    await settled()
    checks.started[1]?.(true)
    assert.deepEqual(await Promise.all([first, second]), [true, true])
  })

  it('free their place when they fail', async () => {
    const bounded = new PasswordChecks({ running: 1, waiting: 0 })
    await assert.rejects(
      bounded.run(() => Promise.reject(new Error('no memory'))),
      /no memory/,
    )
    assert.equal(await bounded.run(() => Promise.resolve(true)), true)
  })

  it('end for those that wait when the router ends', async () => {
    const bounded = new PasswordChecks({ running: 1, waiting: 1 })
    const checks = new Checks()
    const [first, second] = [bounded.run(checks.check), bounded.run(checks.check)]
    await settled()
    bounded.end()
    assert.equal(await second, false)
    checks.started[0]?.(true)
    assert.equal(await first, true)
    assert.equal(await bounded.run(checks.check), false)
  })
})

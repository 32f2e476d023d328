// The doctor's trials, over routers that keep, lose or mix up messages, and beside those of another run.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Finding } from '../../../src/doctor/diagnosis.ts'
import { tryNotifications } from '../../../src/doctor/notification-trials.ts'
import { tryRpc } from '../../../src/doctor/rpc-trials.ts'
import { Run } from '../../../src/doctor/run.ts'
import type { TrialScope } from '../../../src/doctor/trial-scope.ts'
import { createTransport, Notifier, RpcClient, type Transport } from '../../../src/index.ts'
import { type Router, type RouterOptions, setUserPassword, startRouter } from '../../../src/router/index.ts'

async function router(t: TestContext, options: RouterOptions = {}): Promise<Router> {
  const started = await startRouter({ port: 0, ...options })
  t.after(() => started.close())
  return started
}

function transport(t: TestContext, url: string, options: Record<string, unknown> = {}): Transport {
  const made = createTransport(url, { options })
  t.after(() => made.close())
  return made
}

function scope(t: TestContext, near: string, { far = near, timeoutMs = 5_000, options = {} } = {}): TrialScope {
  return { near: transport(t, near, options), far: transport(t, far, options), timeoutMs, run: new Run() }
}

const of = (findings: readonly Finding[], check: string): readonly [string | undefined, string] => {
  const found = findings.find((one) => one.check === check)
  return [found?.state, found?.said ?? '']
}
const failed = (findings: readonly Finding[]): Finding[] => findings.filter(({ state }) => state !== 'ok')

describe('the trials of the doctor', { concurrency: 4 }, () => {
  it('leave no message behind, and another run no address more', async (t) => {
    const started = await router(t, { as: 'rabbitmq4' })
    const addresses: number[] = []
    for (let run = 0; run < 2; run += 1) {
      const trial = scope(t, started.url, { timeoutMs: 3_000 })
      assert.deepEqual(failed([...(await tryRpc(trial)), ...(await tryNotifications(trial))]), [])
      await Promise.all([trial.near.close(), trial.far.close()])
      addresses.push(started.counters.addresses)
    }
    assert.equal(started.counters.stored, 0)
    assert.equal(addresses[1], addresses[0])
  })

  it('are not disturbed by those of another run at the same time', async (t) => {
    const { url } = await router(t)
    const both = await Promise.all(
      [1, 2, 3].map(async () => {
        const trial = scope(t, url)
        const [rpc, notifications] = await Promise.all([tryRpc(trial), tryNotifications(trial)])
        return failed([...rpc, ...notifications])
      }),
    )
    assert.deepEqual(both, [[], [], []])
  })

  it('take what a run that is gone has left, and do not count it', async (t) => {
    const started = await router(t)
    const { url } = started
    const stale = transport(t, url)
    for (const topic of ['listen', 'requeue', 'kept', 'pools'])
      await new Notifier(stale, { publisherId: 'p', topics: [`omsg-doctor.${topic}`] }).info({}, 'e', {
        run: 'gone',
        until: 1,
      })
    const cast = new RpcClient(stale, { topic: 'omsg-doctor.calls' }).cast({}, 'note', { run: 'gone', hops: 0 })
    const trial = scope(t, url)
    assert.deepEqual(failed([...(await tryRpc(trial)), ...(await tryNotifications(trial))]), [])
    await cast
    assert.equal(started.counters.stored, 0)
  })

  it('say no where a notification is accepted and does not come to who listens later', async (t) => {
    const [one, other] = [await router(t), await router(t)]
    const findings = await tryNotifications(scope(t, one.url, { far: other.url, timeoutMs: 1_500 }))
    const [state, said] = of(findings, 'kept until somebody listens')
    assert.equal(state, 'no')
    assert.match(said, /it was accepted, and did not come to who listened later: it is lost here/)
  })

  it('say no where a notification is refused, with the reason', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
    t.after(() => rm(folder, { recursive: true }))
    const users = join(folder, 'users.json')
    await setUserPassword(users, 'joe', 'correct horse')
    const file = JSON.parse(await readFile(users, 'utf8'))
    file.users.joe.access = { send: ['elsewhere'], receive: ['#'] }
    await writeFile(users, JSON.stringify(file))
    const { port } = await router(t, { users })
    const findings = await tryNotifications(
      scope(t, `amqp://joe:correct%20horse@127.0.0.1:${port}`, { timeoutMs: 1_500 }),
    )
    const [state, said] = of(findings, 'kept until somebody listens')
    assert.equal(state, 'no')
    assert.match(said, /unauthorized-access/)
  })

  it('say how many servers a fan-out has reached', async (t) => {
    const { url } = await router(t)
    // Fan-outs then go where requests of the group go.
    const options = { multicast_address: 'anycast' }
    const findings = await tryRpc(scope(t, url, { timeoutMs: 1_500, options }))
    const [state, said] = of(findings, 'fan-out to all servers')
    assert.equal(state, 'no')
    assert.match(said, /^it came to 1 of 2 servers: (one|two)$/)
    assert.equal(of(findings, 'cast')[0], 'ok')
  })
})

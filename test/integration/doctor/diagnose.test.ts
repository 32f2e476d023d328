// What the doctor finds, over the embedded router in its manners and over nothing at all.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { diagnose } from '../../../src/doctor/diagnose.ts'
import type { Diagnosis } from '../../../src/doctor/diagnosis.ts'
import { type RouterOptions, startRouter } from '../../../src/router/index.ts'
import { selfSigned } from '../../support/certificates.ts'

async function examined(url: string, options: Record<string, string> = {}, timeoutMs = 5_000): Promise<Diagnosis[]> {
  const all: Diagnosis[] = []
  for await (const one of diagnose(url, { options, timeoutMs, signal: new AbortController().signal })) all.push(one)
  return all
}

async function router(t: TestContext, options: RouterOptions = {}): Promise<number> {
  const started = await startRouter({ port: 0, ...options })
  t.after(() => started.close())
  return started.port
}

const states = ({ findings }: Diagnosis): Record<string, string> =>
  Object.fromEntries(findings.map(({ check, state }) => [check, state]))

describe('the doctor', { concurrency: 4 }, () => {
  it('finds that everything works over the embedded router', async (t) => {
    const [one] = await examined(`amqp://127.0.0.1:${await router(t)}`, {}, 1_000)
    assert.ok(one)
    assert.deepEqual(
      [one.rpc, one.notifications, one.profile, one.addresses?.syntax],
      [true, true, 'router', 'routable'],
    )
    assert.deepEqual([...new Set(Object.values(states(one)))], ['ok'])
    assert.equal(one.addresses?.oneServer, 'openstack.org/om/rpc/unicast/openstack/TOPIC/SERVER')
    assert.deepEqual(one.advice, [])
  })

  it('says of a router that keeps nothing what that means, and what belongs into its configuration', async (t) => {
    const port = await router(t, { as: 'qpid-dispatch-router' })
    const [one] = await examined(`amqp://127.0.0.1:${port}`, {}, 1_000)
    assert.ok(one)
    assert.deepEqual([one.rpc, one.notifications, one.profile], [true, true, 'qpid-dispatch-router'])
    assert.equal(states(one)['kept until somebody listens'], 'note')
    assert.equal(states(one)['pools of listeners'], 'note')
    assert.match(one.advice[0]?.text ?? '', /prefix: openstack\.org\/om\/rpc\/multicast\n {4}distribution: multicast/)
  })

  it('goes by the names that qpidd and RabbitMQ 4 have for queues', async (t) => {
    for (const [as, profile, group] of [
      ['qpid-cpp', 'qpid-cpp', 'unicast.openstack.TOPIC'],
      ['rabbitmq4', 'rabbitmq4', '/queues/unicast.openstack.TOPIC'],
    ] as const) {
      const [one] = await examined(`amqp://127.0.0.1:${await router(t, { as })}`, {}, 1_000)
      assert.deepEqual(
        [one?.rpc, one?.notifications, one?.profile, one?.addresses?.anyServer],
        [true, true, profile, group],
      )
    }
  })

  it('examines each host of a URL, and says who is not there', async (t) => {
    const port = await router(t)
    const [there, gone] = await examined(`amqp://127.0.0.1:${port},joe:s3cret@127.0.0.1:1`, {}, 1_000)
    assert.equal(there?.rpc, true)
    assert.deepEqual([gone?.rpc, gone?.notifications, gone?.peer], [false, false, undefined])
    assert.match(gone?.findings[0]?.said ?? '', /^AMQP_CONNECTION: .*ECONNREFUSED/)
    assert.ok(!JSON.stringify(gone).includes('s3cret'))
  })

  it('shows how the way is protected, and whose certificate it saw', async (t) => {
    const { cert, key } = await selfSigned('localhost')
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
    t.after(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'ca.pem'), cert)
    const port = await router(t, {
      tls: { cert, key },
      sasl: { authenticate: (_mechanism, _username, password) => password === 'pw' },
    })
    const options = { ssl_ca_file: join(folder, 'ca.pem'), sasl_mechanisms: 'PLAIN' }
    const [one] = await examined(`amqps://joe:pw@localhost:${port}`, options, 1_000)
    assert.deepEqual([one?.rpc, one?.notifications], [true, true])
    assert.match(one?.peer?.tls?.protocol ?? '', /^TLSv1\.[23]$/)
    assert.equal(one?.peer?.tls?.chain[0]?.subject, 'localhost')
    assert.equal(one?.peer?.sasl?.mechanism, 'PLAIN')
    const [stranger] = await examined(`amqps://joe:wrong@localhost:${port}`, options, 1_000)
    assert.equal(stranger?.rpc, false)
    assert.match(stranger?.findings[0]?.said ?? '', /^AMQP_SASL: /)
    assert.ok(!JSON.stringify([one, stranger]).includes('wrong'))
  })

  it('shows whose certificate it saw where it is not trusted, and tells the peer nothing', async (t) => {
    const { cert, key } = await selfSigned('localhost')
    const shown: unknown[] = []
    const port = await router(t, {
      tls: { cert, key },
      sasl: { authenticate: (...identity) => shown.push(identity) > 0 },
    })
    const [one] = await examined(`amqps://joe:s3cret@localhost:${port}`, { sasl_mechanisms: 'PLAIN' }, 1_000)
    assert.ok(one)
    assert.equal(one.peer, undefined)
    const [connecting, trusted, certificate] = one.findings
    assert.match(connecting?.said ?? '', /^AMQP_CONNECTION: .*self[- ]signed/)
    assert.deepEqual([trusted?.state, trusted?.said], ['no', 'DEPTH_ZERO_SELF_SIGNED_CERT'])
    assert.match(certificate?.said ?? '', /^localhost \(DNS:localhost\), by localhost, until \d{4}-\d\d-\d\d$/)
    assert.deepEqual(shown, [])
  })

  it('shows of a trusted certificate for another name which names it has', async (t) => {
    const { cert, key } = await selfSigned('localhost')
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
    t.after(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'ca.pem'), cert)
    const port = await router(t, { tls: { cert, key } })
    const [one] = await examined(`amqps://127.0.0.1:${port}`, { ssl_ca_file: join(folder, 'ca.pem') }, 1_000)
    const [, trusted, certificate] = one?.findings ?? []
    assert.match(trusted?.said ?? '', /127\.0\.0\.1/)
    assert.match(certificate?.said ?? '', /DNS:localhost/)
  })

  it('ends at once when it is told to, and has no verdict then', async (t) => {
    const port = await router(t)
    const stop = new AbortController()
    const all: Diagnosis[] = []
    const ended = (async () => {
      const url = `amqp://127.0.0.1:${port},127.0.0.1:${port}`
      for await (const one of diagnose(url, { options: {}, timeoutMs: 60_000, signal: stop.signal })) all.push(one)
    })()
    setImmediate(() => stop.abort(new Error('enough')))
    await ended
    assert.deepEqual(all, [])
  })

  it('takes no bus that is within one process, and no option that is unknown', () => {
    const terms = { options: {}, timeoutMs: 1_000, signal: new AbortController().signal }
    assert.throws(() => diagnose('memory://here', terms), /needs no doctor; expected amqp:\/\/ or amqps:\/\//)
    assert.throws(() => diagnose('amqp://here?idle_tmeout=1', terms), /unknown option "idle_tmeout"/)
  })
})

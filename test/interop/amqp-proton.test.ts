// qpid-proton's Python as client of our listener and as server of our client.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../src/amqp/connect.ts'
import { makeScramCredentials, type ScramMechanism } from '../../src/amqp/index.ts'
import type { ServerSaslOptions } from '../../src/amqp/options.ts'
import { startListener, until } from '../support/amqp-fixtures.ts'
import { noPythonPeers } from '../support/python-peers.ts'
import { ROOT } from '../support/source-files.ts'

const PYTHON = '/usr/bin/python3'
const PEER = join(ROOT, 'test/peers-amqp/proton_peer.py')
const skip = noPythonPeers
const SCRAM: readonly ScramMechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1']
const noScram = skip || whyNoScram()
const BIG = 'x'.repeat(300_000)

/** Debian builds qpid-proton without Cyrus SASL, others with it. */
function whyNoScram(): string | false {
  const { stdout } = spawnSync(PYTHON, ['-c', 'import proton; print(proton.SASL.extended())'], { encoding: 'utf8' })
  return stdout.trim() === 'True' ? false : 'this qpid-proton is built without Cyrus SASL'
}

/** What the program says, line by line; it ends with the test. */
function proton(
  t: TestContext,
  ...args: readonly string[]
): { said: Record<string, unknown>[]; ended: Promise<unknown> } {
  const child: ChildProcess = spawn(PYTHON, [PEER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => void child.kill('SIGKILL'))
  const said: Record<string, unknown>[] = []
  assert(child.stdout)
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)))
  return { said, ended: new Promise((resolve) => child.once('exit', resolve)) }
}

const patiently = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

async function serveProton(
  t: TestContext,
  sasl: ServerSaslOptions,
  ...credentials: string[]
): Promise<Record<string, unknown>[]> {
  const listener = await startListener(t, {
    sasl,
    idleTimeoutMs: 2000,
    onLink: (request) => {
      if (request.role === 'sender') {
        request.acceptReceiver({
          onDelivery: (delivery) => {
            const { body } = delivery.message
            const value = body?.type === 'value' ? textOf(body.value) : ''
            if (value === 'release') delivery.release()
            else if (value === 'reject') delivery.reject({ condition: 'my:reason' })
            else if (value === 'modify') delivery.modify({ deliveryFailed: true })
            else delivery.accept()
          },
        })
      } else {
        const sender = request.acceptSender({ source: { address: 'made-for-you' } })
        for (const value of ['one', BIG]) void sender.send({ body: { type: 'value', value } }).catch(() => {})
      }
    },
  })
  const { said, ended } = proton(t, 'client', String(listener.port), ...credentials)
  await ended
  return said
}

const ALL_WENT_WELL = [
  { outcomes: ['accepted', 'released', 'rejected', 'modified', 'accepted'] },
  { address: 'made-for-you' },
  { received: [3, BIG.length] },
]

describe('qpid-proton as client of our listener', { skip }, () => {
  it('sends with every outcome and receives from a dynamic node, in with ANONYMOUS', async (t) => {
    assert.deepEqual(await serveProton(t, {}), ALL_WENT_WELL)
  })

  it('comes in with PLAIN, or not', async (t) => {
    const sasl: ServerSaslOptions = { authenticate: (_, name, password) => name === 'alice' && password === 'secret' }
    assert.deepEqual(await serveProton(t, sasl, 'alice', 'secret'), ALL_WENT_WELL)
    const [refused] = await serveProton(t, sasl, 'alice', 'wrong')
    assert.match(String(refused?.error), /amqp:unauthorized-access/)
  })

  for (const mechanism of SCRAM)
    it(`comes in with ${mechanism}, or not`, { skip: noScram }, async (t) => {
      const alice = await makeScramCredentials(mechanism, 'secret', { iterations: 4096 })
      const sasl: ServerSaslOptions = {
        mechanisms: [...SCRAM, 'PLAIN'],
        scramCredentials: async (_, name) => (name === 'alice' ? alice : undefined),
      }
      assert.deepEqual(await serveProton(t, sasl, 'alice', 'secret', mechanism), ALL_WENT_WELL)
      const [refused] = await serveProton(t, sasl, 'alice', 'wrong', mechanism)
      assert.match(String(refused?.error), /amqp:unauthorized-access/)
    })
})

describe('qpid-proton as server of our client', { skip }, () => {
  it('takes and gives messages with every outcome, drains, and refuses a link', async (t) => {
    const { said } = proton(t, 'server')
    await patiently(() => said.length > 0)
    const connection = await connect({ host: '127.0.0.1', port: Number(said[0]?.port), sasl: {}, idleTimeoutMs: 2000 })
    const session = await connection.openSession()
    const sender = await session.attachSender({ address: 'queue' })
    const outcomes: string[] = []
    for (const value of ['accept', 'release', 'reject', 'modify', BIG])
      outcomes.push((await sender.send({ body: { type: 'value', value } })).type)
    assert.deepEqual(outcomes, ['accepted', 'released', 'rejected', 'modified', 'accepted'])
    const lengths: number[] = []
    const receiver = await session.attachReceiver({
      source: { dynamic: true },
      creditWindow: 0,
      onDelivery: (delivery) => {
        const { body } = delivery.message
        lengths.push(body?.type === 'value' ? textOf(body.value).length : -1)
        delivery.accept()
      },
    })
    assert.equal(receiver.remoteSource?.address, 'made-for-you')
    receiver.addCredit(5)
    await until(() => lengths.length === 2)
    await receiver.drain()
    assert.deepEqual([lengths, receiver.credit], [[3, BIG.length], 0])
    await assert.rejects(session.attachReceiver({ address: 'nowhere' }), { condition: 'amqp:not-found' })
    await session.end()
    await connection.close()
    assert.equal(await connection.closed, undefined)
  })
})

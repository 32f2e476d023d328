// SCRAM against Cyrus SASL, which qpid-proton, qpidd and qdrouterd use where they are built with it: as client of our
// listener and as server of our client. Cyrus counts, a scripted peer carries what it says.

import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../src/amqp/connect.ts'
import { makeScramCredentials, type ScramMechanism } from '../../src/amqp/index.ts'
import { PROTOCOL } from '../../src/codec/frame.ts'
import { startListener } from '../support/amqp-fixtures.ts'
import { dial, type ScriptedPeer, scriptedServer } from '../support/scripted-peer.ts'
import { ROOT } from '../support/source-files.ts'

const MECHANISMS: readonly ScramMechanism[] = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
const PYTHON = '/usr/bin/python3'
const PROGRAM = join(ROOT, 'test/peers-amqp/cyrus_peer.py')
const skip = whatIsMissing()
// Where it has just been installed, skipping would hide that the installation came to nothing.
if (skip && process.env.REQUIRE_PYTHON_PEERS) throw new Error(skip)

function whatIsMissing(): string | false {
  const { status, stdout, error } = spawnSync(PYTHON, [PROGRAM, 'mechanisms'], { encoding: 'utf8' })
  if (error || status !== 0) return `${PYTHON} does not run`
  const found = JSON.parse(stdout) as { readonly mechanisms?: readonly string[]; readonly missing?: string }
  const missing = MECHANISMS.filter((mechanism) => !found.mechanisms?.includes(mechanism))
  return missing.length > 0 && `Cyrus SASL has no ${found.missing ?? missing.join(', ')}`
}

const user = { username: 'alice', password: 's=cr,t' }

interface Step {
  readonly state: 'continue' | 'ok' | 'failed'
  readonly data: Buffer
}

/** One end of an exchange. */
class Cyrus {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  constructor(t: TestContext, ...args: readonly string[]) {
    this.#child = spawn(PYTHON, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => void this.#child.kill('SIGKILL'))
    const lines: Interface = createInterface({ input: this.#child.stdout })
    this.#lines = lines[Symbol.asyncIterator]()
  }

  async ready(): Promise<void> {
    assert.deepEqual(await this.#read(), { ready: true })
  }

  hear(data: Uint8Array): void {
    this.#child.stdin.write(`${JSON.stringify({ data: Buffer.from(data).toString('base64') })}\n`)
  }

  async step(): Promise<Step> {
    const { state, data } = await this.#read()
    return { state: state as Step['state'], data: Buffer.from(String(data), 'base64') }
  }

  async #read(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next()
    assert(!done, 'Cyrus said nothing more')
    return JSON.parse(value) as Record<string, unknown>
  }
}

/** Cyrus as client: it chooses that mechanism and says what it has to say, until the listener has decided. */
async function comesIn(t: TestContext, peer: ScriptedPeer, mechanism: string, password: string) {
  const cyrus = new Cyrus(t, 'client', mechanism, user.username, password)
  peer.sendHeader(PROTOCOL.SASL)
  await peer.expectHeader(PROTOCOL.SASL)
  await peer.expect('sasl-mechanisms')
  peer.send({ type: 'sasl-init', mechanism, initialResponse: (await cyrus.step()).data })
  cyrus.hear((await peer.expect('sasl-challenge')).challenge)
  peer.send({ type: 'sasl-response', response: (await cyrus.step()).data })
  const { code, additionalData } = await peer.expect('sasl-outcome')
  if (additionalData) cyrus.hear(additionalData)
  return { code, verdict: additionalData && (await cyrus.step()).state }
}

describe('Cyrus SASL as client of our listener', { skip }, () => {
  for (const mechanism of MECHANISMS)
    it(`comes in with ${mechanism}, and knows by our signature that we know it; or not`, async (t) => {
      const credentials = await makeScramCredentials(mechanism, user.password, { iterations: 4096 })
      const { port } = await startListener(t, {
        sasl: {
          mechanisms: MECHANISMS,
          scramCredentials: (_, name) => (name === user.username ? credentials : undefined),
        },
      })
      const peer = await dial(t, port)
      assert.deepEqual(await comesIn(t, peer, mechanism, user.password), { code: 0, verdict: 'ok' })
      await peer.openAsClient()
      const refused = await comesIn(t, await dial(t, port), mechanism, 'wrong')
      assert.deepEqual(refused, { code: 1, verdict: undefined })
    })
})

/** Cyrus as server: it offers that mechanism and decides. Its signature comes with the outcome, or in a challenge before. */
async function letsIn(t: TestContext, peer: ScriptedPeer, mechanism: string, how: 'outcome' | 'challenge') {
  const folder = mkdtempSync(join(tmpdir(), 'omsg-cyrus-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const cyrus = new Cyrus(t, 'server', mechanism, user.username, user.password, folder)
  await cyrus.ready()
  await peer.expectHeader(PROTOCOL.SASL)
  peer.sendHeader(PROTOCOL.SASL)
  peer.send({ type: 'sasl-mechanisms', saslServerMechanisms: [mechanism] })
  cyrus.hear((await peer.expect('sasl-init')).initialResponse as Buffer)
  const challenge = async (data: Buffer): Promise<Buffer> => {
    peer.send({ type: 'sasl-challenge', challenge: data })
    return (await peer.expect('sasl-response')).response
  }
  cyrus.hear(await challenge((await cyrus.step()).data))
  const { state, data } = await cyrus.step()
  if (state === 'failed') return peer.send({ type: 'sasl-outcome', code: 1 })
  if (how === 'challenge') assert.equal((await challenge(data)).length, 0)
  peer.send({ type: 'sasl-outcome', code: 0, additionalData: how === 'challenge' ? undefined : data })
  await peer.expectHeader()
  await peer.expect('open')
  peer.sendHeader()
  peer.send({ type: 'open', containerId: 'scripted' })
}

describe('Cyrus SASL as server of our client', { skip }, () => {
  for (const mechanism of MECHANISMS)
    it(`lets us in with ${mechanism}, its signature seen, or not`, async (t) => {
      const { port, accept } = await scriptedServer(t)
      for (const how of ['outcome', 'challenge'] as const) {
        const connecting = connect({ host: '127.0.0.1', port, sasl: user })
        await letsIn(t, await accept(), mechanism, how)
        ;(await connecting).abort(new Error('done'))
      }
      const wrong = connect({ host: '127.0.0.1', port, sasl: { ...user, password: 'wrong' } })
      const refused = assert.rejects(wrong, { code: 'AMQP_SASL', message: /refused the credentials/ })
      await letsIn(t, await accept(), mechanism, 'outcome')
      await refused
    })
})

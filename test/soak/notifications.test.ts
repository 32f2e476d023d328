// At least once: 50,000 events while publisher, listener, connections and a router with a durable store are killed again and again.

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { siege } from '../support/notify-siege.ts'
import { Random } from '../support/random.ts'
import { SEED } from '../support/seed.ts'

const EVENTS = 50_000
const BETWEEN = 1_500
const ROUTER = fileURLToPath(new URL('../support/router-process.js', import.meta.url))
/** A link and a connection come back as soon as they may. */
const OPTIONS = { connection_retry_interval: 1, connection_retry_backoff: 0, link_retry_delay: 1 }

test(`${EVENTS} events through a router that stores: each that was reported as stored arrives`, async (t) => {
  const store = await mkdtemp(join(tmpdir(), 'oslo-messaging-store-'))
  let router: ChildProcess
  let port = 0
  const startRouter = async (): Promise<void> => {
    router = fork(ROUTER, [JSON.stringify({ port, store })])
    const [{ port: bound }] = (await once(router, 'message')) as [{ port: number }]
    port = bound
  }
  await startRouter()
  t.after(async () => {
    router.kill('SIGKILL')
    await rm(store, { recursive: true, force: true })
  })
  const restart = async (): Promise<void> => {
    const ended = once(router, 'exit')
    router.kill('SIGKILL')
    await ended
    await startRouter()
  }
  const random = new Random(SEED)
  const { blows, duplicates, strange } = await siege(t, {
    ...{ events: EVENTS, between: BETWEEN, random, port, options: OPTIONS, restart },
  })
  assert.deepEqual(strange, [])
  t.diagnostic(`${JSON.stringify(blows)}; ${duplicates} duplicates, each known by its message_id`)
})

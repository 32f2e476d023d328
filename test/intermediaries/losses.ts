// What becomes of traffic when a server dies, and when the intermediary itself does.

import assert from 'node:assert/strict'
import { setTimeout as later } from 'node:timers/promises'
import type { RpcClient } from '../../src/index.ts'
import { startServer } from '../support/omsg.ts'
import { type Scenario, Untested } from './scenario.ts'

/** Milliseconds that a call may take while the intermediary is away. */
const PATIENCE_MS = 4_000
const CALLS_ON_EACH_SIDE = 20

/** What those of a call's errors are that tell the truth about a loss. */
const TOLD_LOSS = /^(MESSAGING_TIMEOUT|MESSAGE_DELIVERY_FAILURE)$/

export const LOSSES: readonly Scenario[] = [
  {
    title: 'server dies mid-call',
    async play(stage) {
      const flags = ['--url', stage.url, '--topic', stage.topic]
      const dying = stage.keep(await startServer([...flags, '--server', 'dying', '--print']))
      const client = stage.client()
      const call = client.prepare({ server: 'dying' }).call({}, 'sleep', { ms: 60_000 }, { timeoutMs: 5_000 })
      const ended = assert.rejects(call, (error: { code?: string }) => TOLD_LOSS.test(String(error.code)))
      await dying.objects(1)
      dying.kill('SIGKILL')
      await ended
      stage.keep(await startServer([...flags, '--server', 'living']))
      assert.equal(await client.call({}, 'who'), 'living')
    },
  },
  {
    title: 'intermediary restarts mid-traffic',
    deadlineMs: 180_000,
    async play(stage) {
      const { intermediary } = stage
      if (!intermediary.restart) throw new Untested('it is not ours to restart')
      const runs = new Map<unknown, number>()
      const count = (_: object, { value }: { value?: unknown }): unknown => {
        runs.set(value, (runs.get(value) ?? 0) + 1)
        return value
      }
      await stage.serve('one', { count })
      const traffic = new Traffic(stage.client({ timeoutMs: PATIENCE_MS }))
      await traffic.until(CALLS_ON_EACH_SIDE)
      const back = intermediary.restart()
      const meanwhile = traffic.during(back)
      await back
      await meanwhile
      await traffic.until(traffic.answered + CALLS_ON_EACH_SIDE)
      assert.deepEqual(traffic.strange, [], 'a call that fails says that it timed out or was not delivered')
      assert.deepEqual(
        [...runs].filter(([, times]) => times > 1),
        [],
        'no call runs twice',
      )
    },
  },
]

/** One call after the other, each with a number of its own. */
class Traffic {
  answered = 0
  readonly strange: string[] = []
  readonly #client: RpcClient
  #made = 0

  constructor(client: RpcClient) {
    this.#client = client
  }

  async until(answered: number): Promise<void> {
    while (this.answered < answered) await this.#call()
  }

  /** Until the promise has settled, however. */
  async during(promise: Promise<void>): Promise<void> {
    let over = false
    const end = (): void => {
      over = true
    }
    promise.then(end, end)
    while (!over) await this.#call()
  }

  async #call(): Promise<void> {
    const value = this.#made
    this.#made += 1
    try {
      assert.equal(await this.#client.call({}, 'count', { value }), value)
      this.answered += 1
    } catch (error) {
      const code = String((error as { code?: string }).code)
      if (!TOLD_LOSS.test(code)) this.strange.push(String(error))
      await later(50) // what fails at once is not to be asked without a pause
    }
  }
}

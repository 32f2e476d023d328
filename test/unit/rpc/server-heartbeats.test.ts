// The signs of life that a server gives, against a driver that is not there: only requests, and what is said of them.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type RpcEndpoint, serveRpc } from '../../../src/index.ts'
import type { Driver, IncomingRequest, RequestHandler } from '../../../src/messaging/driver.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { type FakeClock, useFakeClock } from '../../../src/testing/index.ts'

/** A server that is handed a monitored request, and what it says of it in order. */
async function serveOne(t: TestContext, endpoint: RpcEndpoint, method: string, beat: () => Promise<void>) {
  const clock: FakeClock = useFakeClock()
  t.after(() => clock[Symbol.dispose]())
  let handler: RequestHandler | undefined
  const driver = {
    async listen(_target: unknown, given: RequestHandler) {
      handler = given
      return { async stop() {} }
    },
  } as unknown as Driver
  const transport = new Transport(parseTransportUrl('memory://'), driver)
  await serveRpc(transport, { topic: 't', server: 's' }, [endpoint], { onError: () => {} })
  const said: string[] = []
  const incoming = {
    message: { method, args: {} },
    context: {},
    expectsReply: true,
    callMonitorTimeoutMs: 10_000,
    ttlMs: undefined,
    acknowledge: () => said.push('accepted'),
    done: () => said.push('done'),
    reply: async (result: unknown) => void said.push(`reply ${String(result)}`),
    fail: async (text: string) => void said.push(`failure ${(JSON.parse(text) as { class: string }).class}`),
    heartbeat: () => {
      said.push('heartbeat')
      return beat()
    },
  } as unknown as IncomingRequest
  handler?.(incoming)
  return { clock, said }
}

describe('an RPC server', () => {
  it('sends two heartbeats within the time that the caller allows, as long as the method runs', async (t) => {
    let end: (result: string) => void = () => {}
    const endpoint = { work: () => new Promise<string>((resolve) => (end = resolve)) }
    const { clock, said } = await serveOne(t, endpoint, 'work', async () => {})
    await clock.advance(16_000)
    end('late')
    await clock.advance(60_000)
    assert.deepEqual(said, ['accepted', 'heartbeat', 'heartbeat', 'heartbeat', 'reply late', 'done'])
  })

  for (const [method, failure] of [
    ['nosuch', 'NoSuchMethod'],
    ['boom', 'ValueError'],
  ] as const) {
    it(`sends no heartbeat any more once it has answered ${method} with ${failure}`, async (t) => {
      const endpoint = {
        boom() {
          throw new RangeError('too far')
        },
      }
      const { clock, said } = await serveOne(t, endpoint, method, async () => {})
      await clock.advance(3_600_000)
      assert.deepEqual(said, ['accepted', `failure ${failure}`, 'done'])
    })
  }

  it('gives heartbeats up with the first that cannot be sent, and answers all the same', async (t) => {
    let end: (result: string) => void = () => {}
    const endpoint = { work: () => new Promise<string>((resolve) => (end = resolve)) }
    const { clock, said } = await serveOne(t, endpoint, 'work', () => Promise.reject(new Error('no way back')))
    await clock.advance(60_000)
    end('done after all')
    await clock.advance(0)
    assert.deepEqual(said, ['accepted', 'heartbeat', 'reply done after all', 'done'])
  })
})

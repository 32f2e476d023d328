// Two routers, of which the first is killed while calls run: whoever speaks, Python or we, goes on at the second, and every call
// ends with its result or an error.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createTransport, MessagingError, RpcClient, serveRpc } from '../../src/index.ts'
import { inFlight } from '../support/flat-memory.ts'
import { type RouterProgram, startOmsg, startRouterProgram } from '../support/omsg.ts'
import { noPythonPeers, runPeer, startPeer } from '../support/python-peers.ts'

const CALLS = 600
const LANES = 8

const hostOf = ({ url }: RouterProgram): string => url.slice('amqp://'.length)

/** Two routers, the second one not running yet, so that all begin at the first. */
async function startPair(t: TestContext): Promise<{ both: string; failOver: () => Promise<void> }> {
  const [first, second] = await Promise.all([startRouterProgram(), startRouterProgram()])
  t.after(() => first.program.kill('SIGKILL'))
  const [one, two] = [hostOf(first), hostOf(second)]
  await second.program.stop()
  const failOver = async (): Promise<void> => {
    first.program.kill('SIGKILL')
    const again = startOmsg(['router', '--port', two.split(':')[1] as string])
    t.after(() => again.stop())
    await again.line('stdout', /^listening on /)
  }
  return { both: `amqp://${one},${two}/`, failOver }
}

describe('failover between two routers while calls run', { skip: noPythonPeers }, () => {
  it('takes a Python server along: our calls end with a result or an error', async (t) => {
    const { both, failOver } = await startPair(t)
    const server = await startPeer('rpc_server', ['--url', both, '--topic', 't', '--server', 's'])
    t.after(() => server.kill('SIGKILL'))
    await using transport = createTransport(both)
    const client = new RpcClient(transport, { topic: 't' }, { timeoutMs: 30_000 })
    const outcomes = new Map<string, number>()
    let settled = 0
    let failing: Promise<void> | undefined
    let last = ''
    await inFlight(CALLS, LANES, async (value) => {
      last = await client.call({}, 'echo', { value }).then(
        (result) => {
          assert.equal(result, value)
          return 'ok'
        },
        (error: unknown) => {
          assert.ok(error instanceof MessagingError, `${error}`)
          return error.code
        },
      )
      outcomes.set(last, (outcomes.get(last) ?? 0) + 1)
      settled += 1
      if (settled === CALLS / 4) failing = failOver()
    })
    await failing
    t.diagnostic([...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', '))
    assert.equal(settled, CALLS)
    assert.equal(last, 'ok', 'calls come through again at the end')
    // What was under way when the router died is in doubt: no more than the lanes.
    assert.ok((outcomes.get('ok') ?? 0) >= CALLS - LANES, [...outcomes.keys()].join(', '))
  })

  it('takes our server along: the calls of a Python client come through before and after', async (t) => {
    const { both, failOver } = await startPair(t)
    await using transport = createTransport(both)
    await using server = await serveRpc(transport, { topic: 't', server: 's' }, [{ echo: (_, { value }) => value }])
    assert.equal(server.target.server, 's')
    const call = (value: string) =>
      runPeer('rpc_client', ['--url', both, '--topic', 't', '--timeout', '30', 'echo', JSON.stringify({ value })])
    assert.equal((await call('before')).result, 'before')
    const calling = Promise.all(['a', 'b', 'c'].map(call))
    await failOver()
    for (const { ok, error } of await calling) assert.ok(ok || typeof error === 'string', 'a result or an error')
    assert.equal((await call('after')).result, 'after')
  })
})

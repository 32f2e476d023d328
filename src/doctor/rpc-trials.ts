// RPC as a program would use it, between two connections, each pattern with a short deadline.

import { RpcClient, serveRpc } from '../index.ts'
import { monotonicMs } from '../support/deadline.ts'
import { attempt, reasonOf, type Said } from './attempt.ts'
import type { Finding } from './diagnosis.ts'
import { topicOf } from './run.ts'
import { Sightings } from './sightings.ts'
import { failureOf, type TrialScope } from './trial-scope.ts'

const SERVERS = ['one', 'two'] as const

/** How often a cast is passed on among runs until it is dropped: the run that it is for has gone. */
const MOST_HOPS = 20

/**
 * Of two runs at a time each has servers of the same names. Calls may go to either; a cast that came to the other run's is passed on;
 * a fan-out comes to all.
 */
export async function tryRpc({ near, far, timeoutMs, run }: TrialScope): Promise<Finding[]> {
  const topic = topicOf('calls')
  const casts = new Sightings()
  const fanOuts = new Sightings()
  const servers: { stop(): Promise<unknown> }[] = []
  const client = new RpcClient(near, { topic }, { timeoutMs })
  const cast = (whose: unknown, hops: number): Promise<void> =>
    client.cast({}, 'note', { run: whose, hops }, { timeoutMs })
  const endpoint = (server: string) => ({
    who: () => server,
    note: async (_: object, { run: whose, hops }: { run?: unknown; hops?: unknown }) => {
      if (whose === run.id) casts.add(server)
      else if (typeof hops === 'number' && hops < MOST_HOPS) await failureOf(cast(whose, hops + 1))
    },
    tell: (_: object, { run: whose }: { run?: unknown }) => {
      if (whose === run.id) fanOuts.add(server)
    },
  })
  const trial = (check: string, work: () => Promise<Said>): Promise<Finding> =>
    attempt('rpc', check, 4 * timeoutMs, work)
  const findings: Finding[] = []
  findings.push(
    await trial('two servers listen', async () => {
      for (const server of SERVERS)
        servers.push(await serveRpc(far, { topic, server }, [endpoint(server)], { readyTimeoutMs: timeoutMs }))
      return undefined
    }),
  )
  if (findings.every(({ state }) => state === 'ok')) {
    findings.push(await trial('call to any of a group', async () => void (await client.call({}, 'who'))))
    findings.push(
      await trial('call to one server', async () => {
        for (const server of SERVERS) {
          const answered = await client.prepare({ server }).call({}, 'who')
          if (answered !== server) throw new Error(`"${server}" was called, and "${answered}" has answered`)
        }
        return undefined
      }),
    )
    findings.push(
      await trial('cast', async () => {
        await cast(run.id, 0)
        await casts.count(1, timeoutMs)
        return undefined
      }),
    )
    findings.push(
      await trial('fan-out to all servers', async () => {
        await client.prepare({ fanout: true }).cast({}, 'tell', { run: run.id }, { timeoutMs })
        const missing = await failureOf(fanOuts.count(SERVERS.length, timeoutMs))
        const seen = [...fanOuts.seen].sort()
        if (seen.length > 0 && seen.join() !== SERVERS.join())
          throw new Error(`it came to ${new Set(seen).size} of ${SERVERS.length} servers: ${seen.join(', ')}`)
        if (missing) throw missing
        return undefined
      }),
    )
    findings.push(
      await trial('call that nobody serves', async () => {
        const began = monotonicMs()
        const nobody = new RpcClient(near, { topic: topicOf('nobody') }, { timeoutMs })
        const failure = await failureOf(nobody.call({}, 'who'))
        if (failure === undefined) throw new Error('somebody has answered it')
        return `told after ${Math.round(monotonicMs() - began)} ms: ${reasonOf(failure)}`
      }),
    )
  }
  await Promise.all(servers.map((server) => server.stop()))
  return findings
}

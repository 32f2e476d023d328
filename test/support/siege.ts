// A router in a process of its own, a well-behaved pair of the library's own client and server that never stops calling through
// it, and whoever attacks it meanwhile. What the pair has to see of the attack: nothing.

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { after, before, type TestContext } from 'node:test'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTransport, RpcClient, type RpcServer, serveRpc, type Transport } from '../../src/index.ts'
import type { Holding } from './router-process.ts'
import { ScriptedPeer } from './scripted-peer.ts'

/** The router's heap: whoever makes it hold more than this has killed it. */
const HEAP_MIB = 256
/** What the router may have more after an attack than before: code that was compiled, tables that have grown once. */
const MARGIN_BYTES = 8 * 1024 * 1024
/** Calls that must have gone well while the attack stands. */
const CALLS = 50
const CALLS_AT_A_TIME = 4
/** Milliseconds between two calls while an attack is made. */
const PAUSE_MS = 5
/** Milliseconds between two looks at what the router holds: each collects its garbage. */
const LOOK_MS = 20

interface EchoApi {
  echo(args: { readonly value: number }): number
}

export class Siege {
  readonly port: number
  readonly #router: ChildProcess
  /** Rejects when the router ends before it should. */
  readonly #died: Promise<never>
  readonly #sockets = new Set<Socket>()
  readonly #pair: Pair
  #over = false

  private constructor(router: ChildProcess, port: number, pair: Pair) {
    this.#router = router
    this.port = port
    this.#pair = pair
    this.#died = new Promise((_, reject) => {
      router.once('exit', (code, signal) => {
        if (!this.#over) reject(new Error(`the router died (${signal ?? `exit status ${code}`})`))
      })
    })
    this.#died.catch(() => {})
  }

  /** `sslCaFile`: the router speaks TLS, with a certificate of this authority. */
  static async start(options: Record<string, unknown> = {}, sslCaFile?: string): Promise<Siege> {
    const program = fileURLToPath(new URL('router-process.js', import.meta.url))
    const router = fork(program, [JSON.stringify(options)], {
      execArgv: ['--expose-gc', `--max-old-space-size=${HEAP_MIB}`],
    })
    const [{ port }] = (await once(router, 'message')) as [{ port: number }]
    const pair = new Pair(port, sslCaFile)
    const siege = new Siege(router, port, pair)
    await pair.start()
    return siege
  }

  /** The server's address, on which the pair's calls go. */
  readonly rpcAddress = PAIR_ADDRESS

  /** One more attacker. */
  async dial(): Promise<ScriptedPeer> {
    return new ScriptedPeer(await this.dialRaw())
  }

  async dialRaw(): Promise<Socket> {
    const socket = connectTcp({ host: '127.0.0.1', port: this.port, noDelay: true })
    socket.on('error', () => {})
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    await once(socket, 'connect')
    return socket
  }

  /** One that is open and has begun a session on channel 0. */
  async attacker(open: Record<string, unknown> = {}, begin: Record<string, unknown> = {}): Promise<ScriptedPeer> {
    const peer = await this.dial()
    await peer.openAsClient(open)
    await peer.beginAsClient({ incomingWindow: 0x7fffffff, outgoingWindow: 0x7fffffff, ...begin })
    return peer
  }

  /**
   * Runs the attack, and has the pair call while it stands; the router may hold `most` bytes for it. Then the attackers leave without
   * a word, and the router holds what it held before.
   */
  async withstands(t: TestContext, attack: () => Promise<void>, most = Number.POSITIVE_INFINITY): Promise<void> {
    const before = await this.#quiet(Number.POSITIVE_INFINITY)
    await Promise.race([attack(), this.#died])
    await Promise.race([this.#pair.calls(CALLS), this.#died])
    const during = await this.holding()
    for (const socket of this.#sockets) socket.destroy()
    const after = await this.#quiet(before.bytes + MARGIN_BYTES)
    await this.#pair.calls(CALLS)
    t.diagnostic(
      `router: ${mib(before.bytes)} MiB before, ${mib(during.bytes)} during, ${mib(after.bytes)} after, at most ${mib(after.peakBytes)} in all`,
    )
    assert.deepEqual(this.#pair.failures, [])
    assert(during.bytes - before.bytes < most, `it held ${mib(during.bytes - before.bytes)} MiB`)
  }

  async holding(): Promise<Holding> {
    this.#router.send('holding')
    const [holding] = (await Promise.race([once(this.#router, 'message'), this.#died])) as [Holding]
    return holding
  }

  /** Resolves when nobody but the pair is at the router, and it holds so much at most. */
  async #quiet(mostBytes: number): Promise<Holding> {
    for (let looks = 0; ; looks++) {
      const now = await this.holding()
      const alone = Object.entries(PAIR_ALONE).every(([name, count]) => now.counters[name] === count)
      if (alone && now.bytes < mostBytes) return now
      await later(LOOK_MS)
      assert(looks < 500, `the router never came back to ${mib(mostBytes)} MiB: ${JSON.stringify(now)}`)
    }
  }

  async stop(): Promise<void> {
    this.#over = true
    for (const socket of this.#sockets) socket.destroy()
    await this.#pair.stop()
    if (!this.#router.connected) return
    this.#router.send('close')
    await once(this.#router, 'exit')
  }
}

/** For the tests of a file: one router, which stands all of their attacks one after the other. */
export function useSiege(options: Record<string, unknown> = {}): { readonly siege: Siege } {
  const started: Siege[] = []
  before(async () => void started.push(await Siege.start(options)))
  after(() => started[0]?.stop())
  return {
    get siege() {
      return started[0] as Siege
    },
  }
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

const TOPIC = 'pair'
const PAIR_ADDRESS = `openstack.org/om/rpc/anycast/openstack/${TOPIC}`

/** What the router counts when it has only the pair: its replies and three addresses of the server. */
const PAIR_ALONE = { connections: 2, producers: 2, consumers: 4, addresses: 4 }

/** Calls without end, a few at a time, and notes what fails. */
class Pair {
  readonly failures: unknown[] = []
  readonly #url: string
  readonly #sslCaFile: string | undefined
  readonly #transports: Transport[] = []
  #server: RpcServer | undefined
  #done = 0
  #stopped = false
  #lanes: Promise<void>[] = []
  #waiters: { readonly at: number; readonly resolve: () => void }[] = []

  constructor(port: number, sslCaFile: string | undefined) {
    this.#url = `${sslCaFile === undefined ? 'amqp' : 'amqps'}://localhost:${port}`
    this.#sslCaFile = sslCaFile
  }

  async start(): Promise<void> {
    const endpoint = { echo: (_: unknown, { value }: { readonly value: number }) => value }
    this.#server = await serveRpc(this.#open(), { topic: TOPIC, server: 'one' }, [endpoint])
    const client = new RpcClient<EchoApi>(this.#open(), { topic: TOPIC }, { timeoutMs: 30_000 })
    this.#lanes = Array.from({ length: CALLS_AT_A_TIME }, () => this.#lane(client))
    await this.calls(2_000)
  }

  /** Resolves after so many more calls. */
  async calls(count: number): Promise<void> {
    await new Promise<void>((resolve) => this.#waiters.push({ at: this.#done + count, resolve }))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#lanes)
    await this.#server?.stop()
    await Promise.all(this.#transports.map((transport) => transport.close()))
  }

  async #lane(client: RpcClient<EchoApi>): Promise<void> {
    while (!this.#stopped) {
      const value = this.#done
      try {
        const result = await client.call({}, 'echo', { value })
        if (result !== value) this.failures.push(new Error(`asked for ${value}, got ${result}`))
      } catch (error) {
        this.failures.push(error)
      }
      this.#done += 1
      this.#tell()
      // Where nobody waits for them the calls need not keep a core busy.
      if (this.#waiters.length === 0) await later(PAUSE_MS)
    }
  }

  #tell(): void {
    const due = this.#waiters.filter(({ at }) => at <= this.#done)
    if (due.length === 0) return
    this.#waiters = this.#waiters.filter(({ at }) => at > this.#done)
    for (const { resolve } of due) resolve()
  }

  #open(): Transport {
    const transport = createTransport(
      this.#url,
      this.#sslCaFile === undefined ? {} : { options: { ssl_ca_file: this.#sslCaFile } },
    )
    this.#transports.push(transport)
    return transport
  }
}

// The interop suites: `omsg router` in the middle, and everything once for each way in which oslo.messaging writes addresses.

import { after, before, describe } from 'node:test'
import { type RouterProgram, startListener, startRouterProgram, startServer } from './omsg.ts'
import type { Program } from './program.ts'
import { noPythonPeers, startPeer } from './python-peers.ts'

/** A router for one suite, and the programs around it. What is started through it is stopped at the end, where it has to end with 0. */
export class Bus {
  readonly mode: 'legacy' | 'routable'
  #router: RouterProgram | undefined
  readonly #programs: Program[] = []

  constructor(mode: Bus['mode']) {
    this.mode = mode
  }

  async start(): Promise<void> {
    this.#router = await startRouterProgram()
  }

  async stop(): Promise<void> {
    const ends = this.#programs.reverse().map((program) => program.stop())
    const failed = (await Promise.allSettled(ends)).flatMap((end) =>
      end.status === 'rejected' ? [end.reason as Error] : [],
    )
    await this.#router?.program.stop()
    if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join('\n'))
  }

  get #url(): string {
    if (!this.#router) throw new Error('the router has not been started')
    return this.#router.url
  }

  /** For `omsg`, and the arguments behind. */
  omsg(...args: readonly string[]): string[] {
    return ['--url', this.#url, '--option', `addressing_mode=${this.mode}`, ...args]
  }

  /** For a Python peer, and the arguments behind. */
  peer(...args: readonly string[]): string[] {
    return ['--url', this.#url, '--addressing-mode', this.mode, ...args]
  }

  async serve(...args: readonly string[]): Promise<Program> {
    return this.#keep(await startServer(this.omsg(...args)))
  }

  async listen(...args: readonly string[]): Promise<Program> {
    return this.#keep(await startListener(this.omsg(...args)))
  }

  async startPeer(peer: 'rpc_server' | 'notification_listener', ...args: readonly string[]): Promise<Program> {
    return this.#keep(await startPeer(peer, this.peer(...args)))
  }

  #keep(program: Program): Program {
    this.#programs.push(program)
    return program
  }
}

/** The suite, once with legacy and once with routable addresses, each with a router of its own; skipped where Python is missing. */
export function describeOnBothBuses(title: string, suite: (bus: Bus) => void): void {
  for (const mode of ['legacy', 'routable'] as const) {
    describe(`${title} (${mode} addresses)`, { skip: noPythonPeers }, () => {
      const bus = new Bus(mode)
      before(() => bus.start())
      after(() => bus.stop())
      suite(bus)
    })
  }
}

// The interop suites run around `omsg router`, once for each addressing mode.

import { after, before } from 'node:test'
import { type RouterProgram, startListener, startRouterProgram, startServer } from './omsg.ts'
import type { Program } from './program.ts'
import { startPeer } from './python-peers.ts'

/** The ways in which oslo.messaging writes its addresses. */
export const ADDRESSING_MODES = ['legacy', 'routable'] as const
export type AddressingMode = (typeof ADDRESSING_MODES)[number]

/** A router for one suite, and the programs around it. What is started through it is stopped at the end, where it has to end with 0. */
export class Bus {
  readonly mode: AddressingMode
  #router: RouterProgram | undefined
  readonly #programs: Program[] = []

  constructor(mode: AddressingMode) {
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

  get url(): string {
    if (!this.#router) throw new Error('the router has not been started')
    return this.#router.url
  }

  /** For `omsg`, and the arguments behind. */
  omsg(...args: readonly string[]): string[] {
    return ['--url', this.url, '--option', `addressing_mode=${this.mode}`, ...args]
  }

  /** For a Python peer, and the arguments behind. */
  peer(...args: readonly string[]): string[] {
    return ['--url', this.url, '--addressing-mode', this.mode, ...args]
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

/** In a suite: a router of its own, started before its tests and stopped after them. */
export function useBus(mode: AddressingMode): Bus {
  const bus = new Bus(mode)
  before(() => bus.start())
  after(() => bus.stop())
  return bus
}

// A broker that is a process of ours, with all that it keeps in one folder.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { listens, speaksAmqp } from '../support/free-ports.ts'

const START_MS = 120_000
const LAST_LINES = 20

export interface BrokerCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Besides those of the suite. */
  readonly env?: Readonly<Record<string, string>>
  /** Where it speaks AMQP when it has started. */
  readonly port: number
  /** Where it listens for TLS then. */
  readonly tlsPort: number
}

export class BrokerProcess {
  readonly #folder: string
  readonly #how: BrokerCommand
  #child: ChildProcess | undefined

  private constructor(folder: string, how: BrokerCommand) {
    this.#folder = folder
    this.#how = how
  }

  /** `prepare` puts into a new folder what it needs, and says how to start it. Resolves when clients can connect. */
  static async start(name: string, prepare: (folder: string) => Promise<BrokerCommand>): Promise<BrokerProcess> {
    const folder = await mkdtemp(join(tmpdir(), `oslo-messaging-${name}-`))
    let broker: BrokerProcess | undefined
    try {
      broker = new BrokerProcess(folder, await prepare(folder))
      await broker.#run()
      return broker
    } catch (error) {
      await (broker ? broker.stop() : remove(folder))
      throw error
    }
  }

  /** Kills it and starts it again, with what it has on the disk. Resolves as `start` does. */
  async restart(): Promise<void> {
    await this.#kill()
    await this.#run()
  }

  /** Ends it and removes what it kept. */
  async stop(): Promise<void> {
    await this.#kill()
    await remove(this.#folder)
  }

  async #run(): Promise<void> {
    const { command, args, env } = this.#how
    const log = await open(this.#log, 'a')
    try {
      this.#child = this.#spawn(command, args, env, log)
      await this.#listens(this.#child)
    } finally {
      await log.close()
    }
  }

  #spawn(command: string, args: readonly string[], env: BrokerCommand['env'], log: FileHandle): ChildProcess {
    // A group of its own: an interrupt of the suite is not one of the broker, and a script ends with what it has started.
    const options = { cwd: this.#folder, env: { ...process.env, ...env }, detached: true }
    const child = spawn(command, args, { ...options, stdio: ['ignore', log.fd, log.fd] })
    child.on('error', () => {}) // there is no process then, which #listens sees
    return child
  }

  async #listens(child: ChildProcess): Promise<void> {
    const until = Date.now() + START_MS
    while (Date.now() < until) {
      if (child.pid === undefined || isOver(child)) throw this.#failed(`it ended with ${child.exitCode}`)
      if ((await speaksAmqp(this.#how.port)) && (await listens(this.#how.tlsPort))) return
      await later(200)
    }
    throw this.#failed(`it did not listen within ${START_MS} ms`)
  }

  async #kill(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || isOver(child)) return
    const ended = once(child, 'exit')
    process.kill(-child.pid, 'SIGKILL')
    await ended
  }

  get #log(): string {
    return join(this.#folder, 'output.log')
  }

  /** What it said is for whoever runs the suite, not for the page. */
  #failed(why: string): Error {
    console.error(readFileSync(this.#log, 'utf8').split('\n').slice(-LAST_LINES).join('\n'))
    return new Error(why)
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 })

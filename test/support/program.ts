// Programs that the interop tests start: `omsg` and the Python peers. A test waits for what they print, never for a time.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createInterface } from 'node:readline'

/** Long enough for a slow machine: only a failing test waits for it. */
const LIMIT_MS = 60_000

type StreamName = 'stdout' | 'stderr'

export interface Ended {
  readonly code: number | null
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>> | undefined
  /** The folder that it runs in. Default: the one of the tests. */
  readonly cwd?: string | undefined
  /** What it reads on stdin, to its end. Default: it has none. */
  readonly input?: string | undefined
}

export class Program {
  /** The lines printed so far. */
  readonly stdout: string[] = []
  readonly stderr: string[] = []
  /** How it ended; never rejects. */
  readonly ended: Promise<Ended>
  readonly #title: string
  readonly #child: ChildProcess
  readonly #events = new EventEmitter().setMaxListeners(0)
  #over = false

  constructor(command: string, args: readonly string[], { env = {}, cwd, input }: ProgramOptions = {}) {
    this.#title = [command, ...args].join(' ')
    const stdin = input === undefined ? 'ignore' : 'pipe'
    this.#child = spawn(command, args, { stdio: [stdin, 'pipe', 'pipe'], env: { ...process.env, ...env }, cwd })
    this.#child.stdin?.on('error', () => {}).end(input)
    for (const name of ['stdout', 'stderr'] as const) {
      createInterface({ input: this.#child[name]! }).on('line', (line) => {
        this[name].push(line)
        this.#events.emit('change')
      })
    }
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => this.stderr.push(String(error)))
      this.#child.on('close', (code) => {
        this.#over = true
        this.#events.emit('change')
        resolve({ code, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  /** The first line that matches, of those printed already and those to come. Rejects when the program ends without it. */
  async line(from: StreamName, pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(`a line ${pattern} on ${from}`, () => {
      for (const line of this[from]) {
        const match = pattern.exec(line)
        if (match) return match
      }
      return undefined
    })
  }

  /** The first `count` lines of stdout that are JSON objects and fit. Lines with Python's NaN in them are no JSON, and passed over. */
  async objects<T>(count: number, fits: (value: T) => boolean = () => true): Promise<T[]> {
    return this.until(`${count} JSON lines on stdout`, () => {
      const found = this.stdout.flatMap((line) => parseObject(line) as T[])
      const fitting = found.filter(fits)
      return fitting.length >= count ? fitting.slice(0, count) : undefined
    })
  }

  /** Looks now and after each line, until `look` finds something. */
  async until<T>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (finish: () => void): void => {
        clearTimeout(timer)
        this.#events.off('change', check)
        finish()
      }
      const check = (): void => {
        const found = look()
        if (found !== undefined) done(() => resolve(found))
        else if (this.#over) done(() => reject(new Error(`ended without ${what}\n${this.#story()}`)))
      }
      const timer = setTimeout(
        () => done(() => reject(new Error(`no ${what} within ${LIMIT_MS} ms\n${this.#story()}`))),
        LIMIT_MS,
      )
      this.#events.on('change', check)
      check()
    })
  }

  /** The end of a program that ends by itself. Rejects, and kills it, when it does not. */
  async end(): Promise<Ended> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS)
    const ended = await this.ended
    clearTimeout(timer)
    if (ended.code === null) throw new Error(`did not end within ${LIMIT_MS} ms\n${this.#story()}`)
    return ended
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Closes our end of its stdout, as `head -1` does. */
  stopReading(): void {
    this.#child.stdout?.destroy()
  }

  /** A signal upon which a program drains and ends with 0. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal)
    const ended = await this.end()
    assert.equal(ended.code, 0, `ends with 0 after ${signal}\n${this.#story()}`)
    return ended
  }

  #story(): string {
    return [
      `  $ ${this.#title}`,
      ...this.stdout.map((line) => `  | ${line}`),
      ...this.stderr.map((line) => `  ! ${line}`),
    ].join('\n')
  }
}

function parseObject(line: string): unknown[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

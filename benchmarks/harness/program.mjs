// A program of others in a process of its own: a broker, a peer in another language.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever its kernel does. */
const TICK_MICROSECONDS = 10_000
/** So much of what it said is kept, for the error. */
const SAID = 4_096

export class Program {
  #child
  #name
  #said = ''
  #onSaid = () => {}
  #ended

  /** Starts it, in a process group of its own: an interrupt of the benchmark reaches it as `stop()`. */
  constructor(name, command, args, environment = {}) {
    this.#name = name
    this.#child = spawn(command, args, { env: { ...process.env, ...environment }, detached: true })
    this.#child.stdin.on('error', () => {}) // it has ended, and `ended` says so
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#said = (this.#said + text).slice(-SAID)
        this.#onSaid()
      })
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', ({ code, message }) =>
        resolve(code === 'ENOENT' ? `there is no ${command} in the PATH` : message),
      )
      this.#child.once('exit', (code, signal) =>
        resolve(`${name} ended with ${code ?? signal}: ${this.#said.trim().split('\n').at(-1)}`),
      )
    })
    process.on('exit', () => this.#kill('SIGKILL'))
  }

  get stdin() {
    return this.#child.stdin
  }

  get stdout() {
    return this.#child.stdout
  }

  /** Resolves with why it is there no more. */
  get ended() {
    return this.#ended
  }

  /** Resolves when it has said so; rejects when it ends, or takes too long. */
  async says(pattern, milliseconds = 10_000) {
    let timer
    const said = new Promise((resolve, reject) => {
      this.#onSaid = () => pattern.test(this.#said) && resolve()
      timer = setTimeout(() => reject(new Error(`${this.#name} is not ready after ${milliseconds} ms`)), milliseconds)
    })
    const ended = this.#ended.then((why) => {
      throw new Error(why)
    })
    try {
      await Promise.race([said, ended])
    } finally {
      clearTimeout(timer)
      this.#onSaid = () => {}
    }
  }

  /** What it and its children have used: not known but on Linux. */
  usage() {
    try {
      return { cpu: ticksOfTree(this.#child.pid) * TICK_MICROSECONDS }
    } catch {
      return { cpu: Number.NaN }
    }
  }

  async stop() {
    this.#kill('SIGTERM')
    await this.#ended
  }

  #kill(signal) {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    try {
      process.kill(-pid, signal)
    } catch {
      // It has just ended.
    }
  }
}

function ticksOfTree(root) {
  const processes = new Map()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // After the name, which is in brackets: the parent is the second, user and system time are the 12th and 13th.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      processes.set(Number(pid), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
    } catch {
      // It has just ended.
    }
  }
  if (!processes.has(root)) return Number.NaN
  const belongs = (pid) => pid === root || (processes.has(pid) && belongs(processes.get(pid).parent))
  let ticks = 0
  for (const [pid, one] of processes) if (belongs(pid)) ticks += one.ticks
  return ticks
}

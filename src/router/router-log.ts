// The log of a router, for the function that its user gives: nothing is made that is not asked for, nothing that it throws comes
// back, and no peer can fill it as fast as it can connect.

import { printable } from '../amqp/index.ts'
import { monotonicMs } from '../support/deadline.ts'
import { reportDefect } from '../support/report-defect.ts'
import {
  LOG_LEVELS,
  type RouterLogEntry,
  type RouterLogEvent,
  type RouterLogFields,
  type RouterLogLevel,
} from './log-entry.ts'

/** Entries of one event in one second; the rest is counted. Those of links and connections that are there have other bounds. */
const MOST_A_SECOND = 20
const SECOND_MS = 1_000

export type WriteLog = (entry: RouterLogEntry) => unknown

export class RouterLog {
  readonly #write: WriteLog
  readonly #least: number
  /** How many of an event there were in this second. */
  readonly #counts = new Map<RouterLogEvent, number>()
  #secondBegan = Number.NEGATIVE_INFINITY

  /** `level`: what is less urgent is left out. */
  constructor(write: WriteLog, level: RouterLogLevel) {
    this.#write = write
    this.#least = LOG_LEVELS.indexOf(level)
  }

  /** Ask before what it takes some work to make. */
  wants(level: RouterLogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#least
  }

  write(level: RouterLogLevel, event: RouterLogEvent, message: string, fields: RouterLogFields = {}): void {
    if (!this.wants(level)) return
    const shown = Object.entries(fields).filter(([, value]) => value !== undefined)
    const safe = shown.map(([name, value]) => [name, typeof value === 'string' ? printable(value) : value])
    const time = new Date().toISOString()
    try {
      const result = this.#write({ time, level, event, message: printable(message), ...Object.fromEntries(safe) })
      if (result instanceof Promise) result.catch((error: unknown) => reportDefect('log', error))
    } catch (error) {
      reportDefect('log', error)
    }
  }

  /** For what a peer can bring about as often as it likes. */
  writeSeldom(level: RouterLogLevel, event: RouterLogEvent, message: string, fields?: RouterLogFields): void {
    if (!this.wants(level)) return
    if (monotonicMs() - this.#secondBegan >= SECOND_MS) this.tellSuppressed()
    const count = (this.#counts.get(event) ?? 0) + 1
    this.#counts.set(event, count)
    if (count <= MOST_A_SECOND) this.write(level, event, message, fields)
  }

  /** Says what has been left out; to be called now and then, and at the end. */
  tellSuppressed(): void {
    this.#secondBegan = monotonicMs()
    for (const [event, count] of this.#counts) {
      const more = count - MOST_A_SECOND
      if (more > 0) this.write('warning', 'log.suppressed', `${more} more of ${event}`, { cause: event, count: more })
    }
    this.#counts.clear()
  }
}

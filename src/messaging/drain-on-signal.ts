// The end of a program that serves: told to stop, it finishes what it has begun and gives back what it has not.

import { constants } from 'node:os'
import { addAbortListener } from '../support/abort-listener.ts'
import { reportDefect } from '../support/report-defect.ts'
import { InvalidArgumentError } from './errors.ts'
import type { StopOptions, StopReport } from './message-server.ts'
import { checkNames, durationMs } from './options.ts'

/** An RPC server or a notification listener. */
export interface DrainedServer {
  stop(options?: StopOptions): Promise<StopReport>
}

export interface DrainOptions {
  /** Which signals of the process begin it. Default SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** Begins it as well, when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that running handlers have to finish. Default: each server's own, which is 30 000. */
  readonly drainTimeoutMs?: number | undefined
  /** Called when it begins, with the signal, or undefined for an aborted one: to take the process out of a load balancer, or for the log. */
  readonly onDraining?: ((signal: NodeJS.Signals | undefined) => void) | undefined
}

/** What became of the messages of all servers together. */
export interface DrainReport extends StopReport {
  /** What began it; undefined: the aborted AbortSignal. */
  readonly signal: NodeJS.Signals | undefined
}

const NAMES: ReadonlySet<string> = new Set<keyof DrainOptions>(['signals', 'signal', 'drainTimeoutMs', 'onDraining'])

/**
 * Waits for SIGTERM or SIGINT, then stops all servers at once (each takes no new requests, gives back those that have not started
 * and lets those that run finish within `drainTimeoutMs`), and when they are done closes the rest in its order: transports, for
 * instance. Nothing keeps the process alive after that.
 *
 *     const report = await drainOnSignal([server], [transport])
 *     console.log(report) // { signal: 'SIGTERM', done: 12, released: 3, lost: 0 }
 *
 * While it drains, a second signal does what it does without this: it ends the process.
 *
 * Rejects with InvalidArgumentError for what is no server, nothing that can be closed, or no option; and with the first error of
 * a `stop()` or `close()`, after all have been called.
 */
export async function drainOnSignal(
  servers: readonly DrainedServer[],
  closing: readonly { close(): Promise<unknown> }[] = [],
  options: DrainOptions = {},
): Promise<DrainReport> {
  checkNames('options of drainOnSignal', options, NAMES)
  const drainTimeoutMs = durationMs('drainTimeoutMs', options.drainTimeoutMs, undefined)
  checkParts('servers', servers, 'stop')
  checkParts('closing', closing, 'close')
  const { signals = ['SIGTERM', 'SIGINT'] } = options
  checkSignals(signals, options.signal)
  const signal = await nextSignal(signals, options.signal)
  tellDraining(options.onDraining, signal)
  const stopOptions = drainTimeoutMs === undefined ? {} : { drainTimeoutMs }
  const stopped = await Promise.allSettled(servers.map((server) => server.stop(stopOptions)))
  await closeAll(closing)
  const reports = stopped.map((end) => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
  const sum = (count: (report: StopReport) => number): number => reports.reduce((n, report) => n + count(report), 0)
  return {
    signal,
    done: sum((report) => report.done),
    released: sum((report) => report.released),
    lost: sum((report) => report.lost),
  }
}

function checkParts(what: string, parts: readonly unknown[], method: 'stop' | 'close'): void {
  const fits = (part: unknown): boolean =>
    typeof (part as Readonly<Record<string, unknown>> | null | undefined)?.[method] === 'function'
  if (Array.isArray(parts) && parts.every(fits)) return
  throw new InvalidArgumentError(`drainOnSignal: ${what}: expected an array of objects with ${method}()`)
}

function checkSignals(signals: unknown, signal: AbortSignal | undefined): void {
  const known = Array.isArray(signals) && signals.every((one) => typeof one === 'string' && CATCHABLE.has(one))
  if (!known)
    throw new InvalidArgumentError(
      "drainOnSignal: signals: expected an array of signals that can be caught, as ['SIGTERM']",
    )
  if (signals.length === 0 && !signal)
    throw new InvalidArgumentError('drainOnSignal: nothing would begin it: expected signals, or signal')
}

/** Those that a process can wait for. */
const CATCHABLE: ReadonlySet<string> = new Set(
  Object.keys(constants.signals).filter((name) => name !== 'SIGKILL' && name !== 'SIGSTOP'),
)

function nextSignal(
  signals: readonly NodeJS.Signals[],
  signal: AbortSignal | undefined,
): Promise<NodeJS.Signals | undefined> {
  return new Promise((resolve) => {
    const begin = (name: NodeJS.Signals | undefined): void => {
      for (const one of signals) process.off(one, onSignal)
      signal?.removeEventListener('abort', onAbort)
      resolve(name)
    }
    const onSignal = (name: NodeJS.Signals): void => begin(name)
    const onAbort = (): void => begin(undefined)
    if (signal?.aborted) return resolve(undefined)
    for (const one of signals) process.on(one, onSignal)
    if (signal) addAbortListener(signal, onAbort)
  })
}

/** What it throws must not keep servers from draining. */
function tellDraining(onDraining: DrainOptions['onDraining'], signal: NodeJS.Signals | undefined): void {
  try {
    onDraining?.(signal)
  } catch (error) {
    reportDefect('onDraining of drainOnSignal', error)
  }
}

async function closeAll(closing: readonly { close(): Promise<unknown> }[]): Promise<void> {
  const errors: unknown[] = []
  for (const part of closing) {
    try {
      await part.close()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}

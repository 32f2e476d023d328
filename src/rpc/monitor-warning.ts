// Python's servers count in whole seconds: they send heartbeats from a time-out of two seconds on.

/** Below this a server of Python's oslo.messaging sends no heartbeats. */
const LEAST_MS = 2_000

let warned = false

/** Warns, once for the process, that a call that is monitored so closely lives only while servers of this library run it. */
export function warnOfCloseMonitor(callMonitorTimeoutMs: number | undefined): void {
  if (warned || callMonitorTimeoutMs === undefined || callMonitorTimeoutMs >= LEAST_MS) return
  warned = true
  process.emitWarning(
    `callMonitorTimeoutMs of ${callMonitorTimeoutMs}: servers of Python's oslo.messaging send no heartbeats for less than ${LEAST_MS}`,
    'OsloMessagingWarning',
  )
}

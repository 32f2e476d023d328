// Python's servers count in whole seconds: they send heartbeats from a time-out of two seconds on.

/** Below this a server of Python's oslo.messaging sends no heartbeats. */
const LEAST_MS = 2_000

// Remembers only who was warned, and nobody who is gone.
const warned = new WeakSet<object>()

/** Warns, once for each transport, that a call that is monitored so closely lives only while servers of this library run it. */
export function warnOfCloseMonitor(transport: object, callMonitorTimeoutMs: number | undefined): void {
  if (callMonitorTimeoutMs === undefined || callMonitorTimeoutMs >= LEAST_MS || warned.has(transport)) return
  warned.add(transport)
  process.emitWarning(
    `callMonitorTimeoutMs of ${callMonitorTimeoutMs}: servers of Python's oslo.messaging send no heartbeats for less than ${LEAST_MS}`,
    'OsloMessagingWarning',
  )
}

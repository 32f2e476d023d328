import { setMaxListeners } from 'node:events'

/**
 * Calls the listener when the signal aborts; to be taken back with `removeEventListener`. One signal may stand for thousands of
 * calls: that is no leak, and Node's warning about more than ten listeners would only mislead.
 */
export function addAbortListener(signal: AbortSignal, listener: () => void): void {
  if (signal instanceof EventTarget) setMaxListeners(0, signal)
  signal.addEventListener('abort', listener, { once: true })
}

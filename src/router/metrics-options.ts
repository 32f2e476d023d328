// Where a router is watched.

import { LISTEN_DEFAULTS } from '../amqp/options.ts'
import { aText, type ValueCheck, wholeNumber } from '../support/value-check.ts'

/** An HTTP port with the router's counters for Prometheus (`/metrics`) and its health (`/livez`, `/readyz`). */
export interface MetricsOptions {
  /** Default 0: a free one, see `Router.metricsUrl`. */
  readonly port?: number | undefined
  /** The address of this machine to listen on. Whoever reaches it may read. Default `127.0.0.1`. */
  readonly host?: string | undefined
}

export interface ResolvedMetricsOptions {
  readonly port: number
  readonly host: string
}

export const METRICS_CHECKS: Readonly<Record<keyof MetricsOptions, ValueCheck>> = {
  port: wholeNumber(0, 65_535),
  host: aText,
}

export function resolveMetricsOptions(options: MetricsOptions | undefined): ResolvedMetricsOptions | undefined {
  if (options === undefined) return undefined
  return Object.freeze({ port: options.port ?? 0, host: options.host ?? LISTEN_DEFAULTS.host })
}

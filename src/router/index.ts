/**
 * The embedded AMQP 1.0 router: what stands between clients and servers on a laptop, in tests and at a small site.
 *
 * @module
 */

export type { AddressRule } from './address-rule.ts'
export type { Distribution } from './distribution.ts'
export { DEFAULT_RULES } from './distribution-rules.ts'
export {
  RouterConfigError,
  RouterError,
  RouterListenError,
  RouterOptionsError,
  RouterStoreError,
  RouterUsersError,
  UnprotectedRouterError,
} from './errors.ts'
export type { RouterConfig } from './load-config.ts'
export { loadRouterConfig } from './load-config.ts'
export type { RouterLogEntry, RouterLogEvent, RouterLogFields, RouterLogLevel } from './log-entry.ts'
export { LOG_LEVELS } from './log-entry.ts'
export type { MannerName } from './manners.ts'
export { MANNER_NAMES } from './manners.ts'
export type { MetricsOptions } from './metrics-options.ts'
export type { RouterOptions } from './options.ts'
export { ROUTER_DEFAULTS } from './options.ts'
export type { QueueOptions, QueuesOptions } from './queue-options.ts'
export type { Router } from './router.ts'
export { startRouter } from './router.ts'
export type { RouterCounters } from './traffic.ts'
export { deleteUser, setUserPassword } from './users-editing.ts'

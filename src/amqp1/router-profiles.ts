// Message routers: they have the addresses of the specification, and nothing needs to be made there.

import { defineProfile } from './plain-profile.ts'
import { POOL_MARK, type PoolSupport } from './profile.ts'

/** A queue of its own by its name, as Apache Artemis writes it. */
const POOL_QUEUES: PoolSupport = Object.freeze({
  source: (address: string, pool: string, timeout: number) => ({
    address: `${address}${POOL_MARK}${pool}`,
    expiryPolicy: 'link-detach',
    timeout,
  }),
})

/** The embedded one. */
export const ROUTER_PROFILE = defineProfile({
  name: 'router',
  fits: ({ product }) => product === 'oslo-messaging-router',
  pools: POOL_QUEUES,
})

/** Qpid Dispatch Router and what became of it: a settled message to a consumer without credit is gone (measured with 1.19). */
export const DISPATCH_ROUTER_PROFILE = defineProfile({
  name: 'qpid-dispatch-router',
  fits: ({ product }) => product === 'qpid-dispatch-router' || product === 'skupper-router',
  dropsSettled: true,
})

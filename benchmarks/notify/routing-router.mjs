// The embedded router, which passes notifications on: a publisher hears when the listener has dealt with one.

import { startRouter } from '../../dist/router/index.js'

export async function relay() {
  const rules = [{ prefix: 'openstack.org/om/notify/anycast', distribution: 'balanced' }]
  const router = await startRouter({ rules })
  return router.port
}

// The embedded router, as it is built, with its defaults.

import { startRouter } from '../../dist/router/index.js'

export async function relay() {
  const router = await startRouter()
  return router.port
}

// This library without a process between: the router is in the server's.

import { startRouter } from '../../dist/router/index.js'
import { serve as serveAt } from './ours.mjs'

export { client } from './ours.mjs'

export async function serve() {
  const router = await startRouter()
  await serveAt(router.port)
  return router.port
}

import { confConfig } from './conf-config.ts'
import { ConfigFile } from './config-file.ts'
import { jsonConfig } from './json-config.ts'
import type { RouterOptions } from './options.ts'

/** What a configuration file says. */
export interface RouterConfig {
  /** For `startRouter`. What the file does not say is not in it. */
  readonly options: RouterOptions
  /** What the file says beyond that, one sentence each: blocks and attributes that this router does not have. */
  readonly warnings: readonly string[]
}

/**
 * Reads the options of a router from a file. It is JSON with the names of `RouterOptions`, or in the syntax of Qpid Dispatch
 * Router's qdrouterd.conf, which is also that of Appendix B of the specification of oslo.messaging's driver. Of that the
 * blocks `router`, `listener`, `sslProfile`, `address` and `fixed-address` are followed, as far as there is here what they
 * are about.
 *
 * @throws RouterConfigError (`ROUTER_CONFIG`) when it cannot be read, is not written so, or says what cannot be. The message
 * has the file, the line, and what was expected.
 */
export async function loadRouterConfig(path: string): Promise<RouterConfig> {
  const file = await ConfigFile.read(path)
  // No block begins so.
  if (/^\s*[{[]/.test(file.text) || path.endsWith('.json')) return { options: await jsonConfig(file), warnings: [] }
  return await confConfig(file)
}

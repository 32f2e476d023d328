// The broker of those who speak NATS: Debian's `nats-server`, or any that is in the PATH.

import { freePort } from './free-port.mjs'
import { Program } from './program.mjs'

/** The roles of a module that is such a broker. */
export function natsServer(args = []) {
  let server
  return {
    async relay() {
      const port = await freePort()
      server = new Program('nats-server', 'nats-server', ['--addr', '127.0.0.1', '--port', String(port), ...args])
      await server.says(/Server is ready/)
      return port
    },
    usage: () => server.usage(),
    stop: () => server?.stop(),
  }
}

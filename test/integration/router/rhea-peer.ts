// rhea as a peer of the router, for one test.

import type { TestContext } from 'node:test'
import type { Connection, EventContext, Receiver, Sender } from 'rhea'
import rhea from 'rhea'
import type { Bus } from './bus.ts'

export function connectRhea(t: TestContext, bus: Bus): Connection {
  const connection = rhea.create_container().connect({ host: '127.0.0.1', port: bus.router.port, reconnect: false })
  connection.on('disconnected', () => {}) // without a listener it writes to the console
  t.after(() => connection.close())
  return connection
}

/** Resolves with the next event of this name. */
export const next = (emitter: Connection | Receiver | Sender, event: string): Promise<EventContext> =>
  new Promise((resolve) => emitter.once(event, resolve))

import { randomUUID } from 'node:crypto'
import { createTransport, type TransportOptions } from '../drivers.ts'
import type { Transport } from '../messaging/transport.ts'

/**
 * A transport without any broker: a bus within this process, of its own unless `name` is given. Transports with the same name
 * share one, as those of `createTransport('memory://name')` do. Clients and servers may also share one transport.
 *
 * @throws InvalidArgumentError (`INVALID_ARGUMENT`) for an option that does not exist; InvalidTransportUrlError
 * (`INVALID_TRANSPORT_URL`) for a name that is no host name.
 */
export function createMemoryTransport(name: string = randomUUID(), options: TransportOptions = {}): Transport {
  return createTransport(`memory://${name}`, options)
}

// Where the API and the drivers meet: which scheme of a transport url means which driver. The only file that knows both.

import { createAmqpDriver } from './amqp1/driver.ts'
import { AMQP_OPTIONS } from './amqp1/options.ts'
import type { Driver, DriverFactory } from './messaging/driver.ts'
import { DriverLoadFailureError, InvalidArgumentError } from './messaging/errors.ts'
import { createMemoryDriver } from './messaging/memory-driver.ts'
import { checkNames, TRANSPORT_DEFAULTS } from './messaging/options.ts'
import { type AllowedRemoteErrors, remoteErrorRegistry } from './messaging/remote-errors.ts'
import { Transport } from './messaging/transport.ts'
import { driverName, parseTransportUrl } from './messaging/transport-url.ts'
import { describeValue } from './support/describe-value.ts'
import { OptionError, type OptionTable } from './support/options.ts'

const DRIVERS: ReadonlyMap<string, DriverFactory> = new Map([
  ['amqp', createAmqpDriver],
  ['amqps', createAmqpDriver],
  ['memory', createMemoryDriver],
])

const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['rabbit', 'it speaks AMQP 0-9-1; RabbitMQ 4 and its AMQP 1.0 plugin understand amqp://host:5672'],
  ['kombu', 'it speaks AMQP 0-9-1; RabbitMQ 4 and its AMQP 1.0 plugin understand amqp://host:5672'],
  ['kafka', 'it speaks the protocol of Kafka; this library speaks AMQP 1.0'],
  ['fake', 'the bus within one process is memory://name'],
])

/** The options of the drivers, as they can stand in the url's query and in `options`. */
export const OPTION_TABLES: readonly OptionTable[] = Object.freeze([AMQP_OPTIONS])

export interface TransportOptions {
  /** The exchange of targets that name none. oslo: control_exchange. Default `openstack`. */
  readonly controlExchange?: string | undefined
  /** Options of the driver by their oslo names: `{ idle_timeout: 10 }`. The url's query wins over them. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  /** Errors of the other side that arrive as classes of this application, instead of as RemoteError. oslo: allowed_remote_exmods. */
  readonly allowedRemoteErrors?: AllowedRemoteErrors | undefined
}

const TRANSPORT_NAMES: ReadonlySet<string> = new Set<keyof TransportOptions>([
  'controlExchange',
  'options',
  'allowedRemoteErrors',
])

/**
 * The way to the bus. Connects when it is first used.
 *
 *     const transport = createTransport('amqp://user:password@host1:5672,host2:5672/virtual-host?idle_timeout=10')
 *     …
 *     await transport.close()
 *
 * `amqp://` is AMQP 1.0, `amqps://` the same over TLS, `memory://name` a bus within this process.
 *
 * Throws InvalidTransportUrlError (not a url), DriverLoadFailureError (no such driver), InvalidArgumentError (an option that does
 * not exist or cannot have that value; where it is one of the driver's, the cause is an OptionError with the same message).
 */
export function createTransport(url: string, options: TransportOptions = {}): Transport {
  checkNames('options of createTransport', options, TRANSPORT_NAMES)
  const driverOptions = checkDriverOptions(options.options)
  const parsed = parseTransportUrl(url)
  const name = driverName(parsed)
  const createDriver = DRIVERS.get(name)
  if (!createDriver) {
    const known = [...DRIVERS.keys()].map((scheme) => `${scheme}://`).join(', ')
    throw new DriverLoadFailureError(name, UNSUPPORTED.get(name) ?? `there is none of that name; there are ${known}`)
  }
  const driver = asInvalidArgument(() =>
    createDriver(parsed, {
      controlExchange: options.controlExchange ?? TRANSPORT_DEFAULTS.controlExchange,
      options: driverOptions as Readonly<Record<string, unknown>>,
      allowedRemoteErrors: remoteErrorRegistry(options.allowedRemoteErrors),
    }),
  )
  return new Transport(parsed, driver)
}

function checkDriverOptions(options: unknown = {}): object {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return Object.freeze({ ...options })
  throw new InvalidArgumentError(`options: expected an object, { name: value }, not ${describeValue(options)}`)
}

/** An option of the driver's is an argument to whoever makes a transport: the error says the same, with the OptionError as its cause. */
function asInvalidArgument(create: () => Driver): Driver {
  try {
    return create()
  } catch (error) {
    throw error instanceof OptionError ? new InvalidArgumentError(error.message, { cause: error }) : error
  }
}

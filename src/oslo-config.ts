// The configuration files of OpenStack services: what oslo.messaging would read of them, as options of this library.

import { readFile } from 'node:fs/promises'
import { AMQP_OPTIONS } from './amqp1/options.ts'
import type { TransportOptions } from './drivers.ts'
import { ConfigFileError } from './messaging/errors.ts'
import { MESSAGE_SERVER_OPTIONS, TRANSPORT_OPTIONS } from './messaging/options.ts'
import { groupName, type OsloIni, parseOsloIni } from './messaging/oslo-ini.ts'
import { substituted } from './messaging/oslo-substitution.ts'
import type { NotifierOptions, NotifierPublisher } from './notify/notifier.ts'
import { NOTIFICATION_OPTIONS } from './notify/options.ts'
import type { RoutingConfig } from './notify/routing-config.ts'
import { loadRouting } from './notify/routing-file.ts'
import type { RpcClientOptions } from './rpc/client.ts'
import { RPC_OPTIONS } from './rpc/options.ts'
import type { RpcServerOptions } from './rpc/server.ts'
import { nearestName } from './support/nearest-name.ts'
import { type OptionRow, type OptionTable, type ResolvedOptions, resolveOptions } from './support/options.ts'

/** What a configuration file says, in the units and names of this library. What it does not say is left out, or has its default. */
export interface OsloConfig {
  /** `[DEFAULT] transport_url`. */
  readonly transportUrl: string | undefined
  /** `[oslo_messaging_notifications] transport_url`, else that of RPC. */
  readonly notificationTransportUrl: string | undefined
  /** For `createTransport`: `[DEFAULT] control_exchange`, and `[oslo_messaging_amqp]`. */
  readonly transport: TransportOptions
  /** For `RpcClient`: rpc_response_timeout. */
  readonly rpcClient: RpcClientOptions
  /** For `serveRpc`: executor_thread_pool_size, rpc_ping_enabled. */
  readonly rpcServer: RpcServerOptions
  /** For `Notifier`, beside its publisher id: driver, topics, retry, and with the driver `routing` the rules of routing_config. */
  readonly notifier: Omit<NotifierOptions, 'publisherId'>
  /** What is probably a mistake: names that `[oslo_messaging_amqp]` does not have. */
  readonly warnings: readonly string[]
  /** Any option of the files as text, with `$name` put in; of one that comes several times, the last. */
  get(group: string, name: string): string | undefined
}

/**
 * Reads a service's configuration file, or several, of which a later one wins: `/etc/nova/nova.conf`. Groups, older names,
 * repeated values and `$name` are read as oslo.config reads them; options of other libraries are left alone.
 *
 *     const config = await loadOsloConfig('/etc/nova/nova.conf')
 *     const transport = createTransport(config.transportUrl ?? 'amqp://localhost', config.transport)
 *     const client = new RpcClient(transport, { topic: 'compute' }, config.rpcClient)
 *
 * @throws ConfigFileError (`CONFIG_FILE`): a file that cannot be read or parsed, or a `$name` that there is not; with the line.
 * @throws OptionError (`OPTION_INVALID`): a value that an option cannot have. No message shows a secret.
 */
export async function loadOsloConfig(path: string | readonly string[]): Promise<OsloConfig> {
  const paths = typeof path === 'string' ? [path] : path
  const files = await Promise.all(paths.map(readIni))
  const config = new ConfigFiles(files, paths.join(', '))
  const { routingConfig, publishers } = config.resolved(NOTIFICATION_OPTIONS)
  return configOf(
    config,
    routingConfig && publishers.includes('routing') ? await loadRouting(routingConfig) : undefined,
  )
}

async function readIni(path: string): Promise<OsloIni> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigFileError(`cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`, {
      cause,
    }).at(path)
  }
  return parseOsloIni(text, path)
}

function configOf(files: ConfigFiles, routing: RoutingConfig | undefined): OsloConfig {
  const { transportUrl, controlExchange } = files.resolved(TRANSPORT_OPTIONS)
  const amqp = files.values(AMQP_OPTIONS)
  files.resolved(AMQP_OPTIONS) // says at once what could not be, with the file's name
  const notify = files.resolved(NOTIFICATION_OPTIONS)
  const server = files.resolved(MESSAGE_SERVER_OPTIONS)
  const rpc = files.resolved(RPC_OPTIONS)
  return Object.freeze({
    transportUrl,
    notificationTransportUrl: notify.transportUrl ?? transportUrl,
    transport: Object.freeze({ controlExchange, options: Object.freeze(amqp) }),
    rpcClient: Object.freeze({ timeoutMs: rpc.rpcResponseTimeoutMs }),
    rpcServer: Object.freeze({ concurrency: server.concurrency, ping: rpc.rpcPingEnabled }),
    notifier: Object.freeze({
      publishers: notify.publishers as readonly NotifierPublisher[],
      topics: notify.topics,
      retry: notify.retry,
      ...(routing ? { routing } : {}),
    }),
    warnings: Object.freeze(files.unknownNames(AMQP_OPTIONS)),
    get: (group: string, name: string) => files.text(groupName(group), name),
  })
}

/** What is read of a configuration file, group by group. */
export const CONFIG_TABLES: readonly OptionTable[] = Object.freeze([
  TRANSPORT_OPTIONS,
  MESSAGE_SERVER_OPTIONS,
  RPC_OPTIONS,
  AMQP_OPTIONS,
  NOTIFICATION_OPTIONS,
])

class ConfigFiles {
  /** The last one first: it wins. */
  readonly #files: readonly OsloIni[]
  readonly #origin: string

  constructor(files: readonly OsloIni[], origin: string) {
    this.#files = files.toReversed()
    this.#origin = origin
  }

  resolved<T extends OptionTable>(table: T): ResolvedOptions<T> {
    return resolveOptions(table, [{ origin: this.#origin, values: this.values(table) }])
  }

  /** What the files say of a table's options, by oslo's names. */
  values(table: OptionTable): Record<string, string | readonly string[]> {
    const values: Record<string, string | readonly string[]> = {}
    for (const row of Object.values(table.rows)) {
      const said = this.#said(placesOf(table.group, row))
      if (!said) continue
      const texts = said.texts.map((text) => this.#substituted(text, said.group))
      const last = texts.at(-1) as string
      // An option that is not a text and has an empty value is one that is not given.
      if (row.repeated) values[row.name] = texts
      else if (last !== '' || row.type === 'string') values[row.name] = last
    }
    return values
  }

  text(group: string, name: string): string | undefined {
    const said = this.#said([{ group, name }])
    const last = said?.texts.at(-1)
    return last === undefined ? undefined : this.#substituted(last, group)
  }

  unknownNames(table: OptionTable): string[] {
    const known = Object.values(table.rows).map((row) => row.name)
    const given = new Set(this.#files.flatMap((file) => [...(file.get(groupName(table.group))?.keys() ?? [])]))
    return [...given]
      .filter((name) => !known.includes(name))
      .map((name) => {
        const nearest = nearestName(name, known)
        const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
        return `${this.#origin}: unknown option "${name}" in group [${table.group}]${hint}`
      })
  }

  /** What is said at the first of the places that says anything, in the file that wins. */
  #said(places: readonly Place[]): { readonly texts: readonly string[]; readonly group: string } | undefined {
    for (const file of this.#files) {
      for (const { group, name } of places) {
        const texts = file.get(group)?.get(name)
        if (texts) return { texts, group }
      }
    }
    return undefined
  }

  #substituted(text: string, group: string): string {
    try {
      return substituted(text, group, (other, name) => this.#lookUp(groupName(other), name))
    } catch (error) {
      throw error instanceof ConfigFileError ? error.at(this.#origin) : error
    }
  }

  /** As the files say it, else the default of an option of ours. */
  #lookUp(group: string, name: string): string | undefined {
    const said = this.#said([{ group, name }])
    if (said) return said.texts.at(-1)
    const row = CONFIG_TABLES.filter((table) => groupName(table.group) === group)
      .flatMap((table) => Object.values(table.rows))
      .find((candidate) => candidate.name === name)
    return row && (row.default === null ? '' : String(row.default))
  }
}

interface Place {
  readonly group: string
  readonly name: string
}

/** Where a file may have an option: under its name, in older groups, under older names. */
function placesOf(group: string, row: OptionRow<unknown>): Place[] {
  const older = row.oldNames?.map((path) => path.split('/') as [string, string]) ?? []
  return [
    { group: groupName(group), name: row.name },
    ...(row.oldGroups?.map((oldGroup) => ({ group: groupName(oldGroup), name: row.name })) ?? []),
    ...older.map(([oldGroup, name]) => ({ group: groupName(oldGroup), name })),
  ]
}

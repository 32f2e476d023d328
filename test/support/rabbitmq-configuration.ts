// The files that a RabbitMQ node of a test's own reads when it starts.

import { createHash, randomBytes } from 'node:crypto'
import { selfSigned } from './certificates.ts'
import type { RabbitMqEdition } from './rabbitmq-edition.ts'

export interface RabbitMqOptions {
  /** Virtual hosts besides `/`, in which `guest` may do everything. */
  readonly virtualHosts?: readonly string[]
  /** Whether it listens for TLS too. */
  readonly tls?: boolean
}

export interface RabbitMqPorts {
  readonly amqp: number
  readonly amqps: number
  /** For the protocol that is not AMQP 1.0, where an edition has a port of its own for that. */
  readonly classic: number
  /** Of the node for other nodes. */
  readonly node: number
  /** Of epmd, Erlang's port mapper. */
  readonly mapper: number
}

/** By name. `at`: where the server finds them. */
export async function configurationFiles(
  edition: RabbitMqEdition,
  ports: RabbitMqPorts,
  { virtualHosts = [], tls = false }: RabbitMqOptions,
  at: (name: string) => string,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map([
    ['rabbitmq-env.conf', ''],
    ['enabled_plugins', '[].\n'],
    ['advanced.config', '[].\n'],
  ])
  const lines: string[] = []
  if (virtualHosts.length > 0) {
    files.set('definitions.json', JSON.stringify(definitions(['/', ...virtualHosts])))
    lines.push(`load_definitions = ${at('definitions.json')}`)
  }
  if (tls) {
    const { cert, key } = await selfSigned('localhost')
    files.set('server.pem', cert).set('server.key', key)
    lines.push(
      `listeners.ssl.default = 127.0.0.1:${ports.amqps}`,
      `ssl_options.certfile = ${at('server.pem')}`,
      `ssl_options.keyfile = ${at('server.key')}`,
    )
  }
  const { settings, files: others = {} } = edition.configuration(ports)
  for (const [name, text] of Object.entries(others)) files.set(name, text)
  return files.set('rabbitmq.conf', `${[...settings, ...lines].join('\n')}\n`)
}

/** A node with definitions makes no user of its own: `guest` is one of them. */
function definitions(virtualHosts: readonly string[]): object {
  const salt = randomBytes(4)
  const hash = createHash('sha256').update(salt).update('guest').digest()
  return {
    users: [
      {
        name: 'guest',
        password_hash: Buffer.concat([salt, hash]).toString('base64'),
        hashing_algorithm: 'rabbit_password_hashing_sha256',
        tags: 'administrator',
      },
    ],
    vhosts: virtualHosts.map((name) => ({ name })),
    permissions: virtualHosts.map((vhost) => ({ user: 'guest', vhost, configure: '.*', write: '.*', read: '.*' })),
  }
}

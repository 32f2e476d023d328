// RabbitMQ 3 as Debian packages it, with its AMQP 1.0 plugin: a node of a test's own, in a folder of its own, on the loopback only.

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { selfSigned } from './certificates.ts'
import { freePorts, speaksAmqp } from './free-ports.ts'

/** The program in the PATH would run as another user, in that one's folders. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** Why it is not there; `false` when it is. Goes to the `skip` of a suite. */
export const noRabbitMq: string | false = existsSync(SERVER) ? false : `there is no ${SERVER} (Debian: rabbitmq-server)`

// Where it has just been installed, skipping would hide that the installation came to nothing.
if (noRabbitMq && process.env.REQUIRE_RABBITMQ) throw new Error(noRabbitMq)

const START_MS = 120_000

export interface RabbitMqOptions {
  /** Virtual hosts besides `/`, in which `guest` may do everything. */
  readonly virtualHosts?: readonly string[]
  /** Whether it listens for TLS too. */
  readonly tls?: boolean
}

export class RabbitMq {
  readonly port: number
  /** Where it listens for TLS, with what certificate (a file). */
  readonly tls: { readonly port: number; readonly certificate: string } | undefined
  readonly #folder: string
  readonly #mapper: ChildProcess
  readonly #environment: NodeJS.ProcessEnv
  #server: ChildProcess | undefined

  private constructor(ports: readonly number[], folder: string, { tls = false }: RabbitMqOptions) {
    const [port, , nodePort, mapperPort, tlsPort] = ports as [number, number, number, number, number]
    const at = (name: string): string => join(folder, name)
    this.port = port
    this.tls = tls ? { port: tlsPort, certificate: at('server.pem') } : undefined
    this.#folder = folder
    const mapperEnvironment = { ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: String(mapperPort) }
    // Who finds one does not start another, which would outlive the test.
    this.#mapper = spawn('epmd', [], { env: { ...process.env, ...mapperEnvironment }, stdio: 'ignore' })
    this.#environment = {
      ...process.env,
      ...mapperEnvironment,
      HOME: folder, // of the cookie
      RABBITMQ_NODENAME: `test-${port}@localhost`,
      RABBITMQ_DIST_PORT: String(nodePort),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      RABBITMQ_CONF_ENV_FILE: at('rabbitmq-env.conf'),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_MNESIA_BASE: at('mnesia'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_PID_FILE: at('pid'),
    }
  }

  /** Resolves when clients can connect, with `guest` and without a password (SASL ANONYMOUS). */
  static async start(options: RabbitMqOptions = {}): Promise<RabbitMq> {
    const folder = await mkdtemp(join(tmpdir(), 'oslo-messaging-rabbitmq-'))
    const ports = await freePorts(5)
    await writeConfiguration(folder, ports, options)
    const rabbit = new RabbitMq(ports, folder, options)
    try {
      await rabbit.#run()
      return rabbit
    } catch (error) {
      await rabbit.stop()
      throw error
    }
  }

  /** Kills it and starts it again on the same ports, with what it has on the disk. Resolves as `start` does. */
  async restart(): Promise<void> {
    await this.#kill()
    await this.#run()
  }

  /** Ends it and removes what it kept. */
  async stop(): Promise<void> {
    await this.#kill()
    if (!isOver(this.#mapper)) {
      const ended = once(this.#mapper, 'exit')
      this.#mapper.kill('SIGKILL')
      await ended
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #run(): Promise<void> {
    this.#server = spawn(SERVER, [], { env: this.#environment, stdio: 'ignore', detached: true })
    await this.#listens(this.#server)
  }

  async #kill(): Promise<void> {
    const server = this.#server
    if (!server?.pid || isOver(server)) return
    const ended = once(server, 'exit')
    // The shell that starts it and the Erlang machine below are one group.
    process.kill(-server.pid, 'SIGKILL')
    await ended
  }

  async #listens(server: ChildProcess): Promise<void> {
    const until = Date.now() + START_MS
    while (Date.now() < until) {
      if (server.exitCode !== null) throw new Error(`rabbitmq-server ended with ${server.exitCode} while it started`)
      if (await speaksAmqp(this.port)) return
      await later(200)
    }
    throw new Error(`rabbitmq-server did not listen within ${START_MS} ms`)
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

async function writeConfiguration(
  folder: string,
  [port, classicPort, , , tlsPort]: readonly number[],
  { virtualHosts = [], tls = false }: RabbitMqOptions,
): Promise<void> {
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)
  const lines = [`listeners.tcp.default = 127.0.0.1:${classicPort}`]
  if (virtualHosts.length > 0) {
    await write('definitions.json', JSON.stringify(definitions(['/', ...virtualHosts])))
    lines.push(`load_definitions = ${join(folder, 'definitions.json')}`)
  }
  if (tls) {
    const { cert, key } = await selfSigned('localhost')
    await write('server.pem', cert)
    await write('server.key', key)
    lines.push(
      `listeners.ssl.default = 127.0.0.1:${tlsPort}`,
      `ssl_options.certfile = ${join(folder, 'server.pem')}`,
      `ssl_options.keyfile = ${join(folder, 'server.key')}`,
    )
  }
  await write('rabbitmq.conf', `${lines.join('\n')}\n`)
  await write('rabbitmq-env.conf', '')
  await write('enabled_plugins', '[rabbitmq_amqp1_0].\n')
  await write(
    'advanced.config',
    `[{rabbit, [{tcp_listeners, [{"127.0.0.1", ${port}}]}]}, {rabbitmq_amqp1_0, [{default_user, "guest"}, {protocol_strict_mode, false}]}].\n`,
  )
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

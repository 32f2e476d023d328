// A RabbitMQ node of a test's own, in a folder of its own, on the loopback only.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { freePorts, speaksAmqp } from './free-ports.ts'
import { configurationFiles, type RabbitMqOptions, type RabbitMqPorts } from './rabbitmq-configuration.ts'
import { RABBITMQ_OF_DEBIAN_12, type RabbitMqEdition } from './rabbitmq-edition.ts'

const START_MS = 120_000

export class RabbitMq {
  readonly port: number
  /** Where it listens for TLS, with what certificate (a file). */
  readonly tls: { readonly port: number; readonly certificate: string } | undefined
  readonly #edition: RabbitMqEdition
  readonly #folder: string
  readonly #mapper: ChildProcess | undefined
  readonly #environment: NodeJS.ProcessEnv
  #server: ChildProcess | undefined

  private constructor(
    edition: RabbitMqEdition,
    ports: RabbitMqPorts,
    folder: string,
    { tls = false }: RabbitMqOptions,
  ) {
    const at = (name: string): string => join(edition.seen(folder), name)
    this.port = ports.amqp
    this.tls = tls ? { port: ports.amqps, certificate: join(folder, 'server.pem') } : undefined
    this.#edition = edition
    this.#folder = folder
    const mapperEnvironment = { ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: String(ports.mapper) }
    this.#mapper = edition.runMapper?.({ ...process.env, ...mapperEnvironment })
    this.#environment = {
      ...process.env,
      ...mapperEnvironment,
      HOME: at(''), // of the cookie
      RABBITMQ_NODENAME: `test-${ports.amqp}@localhost`,
      RABBITMQ_DIST_PORT: String(ports.node),
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
  static async start(
    options: RabbitMqOptions = {},
    edition: RabbitMqEdition = RABBITMQ_OF_DEBIAN_12,
  ): Promise<RabbitMq> {
    const folder = await mkdtemp(join(tmpdir(), 'oslo-messaging-rabbitmq-'))
    const [amqp, amqps, classic, node, mapper] = (await freePorts(5)) as [number, number, number, number, number]
    const ports = { amqp, amqps, classic, node, mapper }
    const at = (name: string): string => join(edition.seen(folder), name)
    for (const [name, text] of await configurationFiles(edition, ports, options, at))
      await writeFile(join(folder, name), text)
    const rabbit = new RabbitMq(edition, ports, folder, options)
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
    if (this.#mapper && !isOver(this.#mapper)) {
      const ended = once(this.#mapper, 'exit')
      this.#mapper.kill('SIGKILL')
      await ended
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #run(): Promise<void> {
    this.#server = this.#edition.run(this.#folder, this.#environment)
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
      if (isOver(server)) throw new Error(`rabbitmq-server ended with ${server.exitCode} while it started`)
      if (await speaksAmqp(this.port)) return
      await later(200)
    }
    throw new Error(`rabbitmq-server did not listen within ${START_MS} ms`)
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

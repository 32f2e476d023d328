// RabbitMQ 3 as Debian packages it, with its AMQP 1.0 plugin: a node of a test's own, in a folder of its own, on the loopback only.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'

/** The program in the PATH would run as another user, in that one's folders. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** Why it is not there; `false` when it is. Goes to the `skip` of a suite. */
export const noRabbitMq: string | false = existsSync(SERVER) ? false : `there is no ${SERVER} (Debian: rabbitmq-server)`

// Where it has just been installed, skipping would hide that the installation came to nothing.
if (noRabbitMq && process.env.REQUIRE_RABBITMQ) throw new Error(noRabbitMq)

const START_MS = 120_000

export class RabbitMq {
  readonly port: number
  readonly #folder: string
  readonly #children: ChildProcess[]

  private constructor(port: number, folder: string, children: ChildProcess[]) {
    this.port = port
    this.#folder = folder
    this.#children = children
  }

  /** Resolves when clients can connect, with `guest` and without a password (SASL ANONYMOUS). */
  static async start(): Promise<RabbitMq> {
    const folder = await mkdtemp(join(tmpdir(), 'oslo-messaging-rabbitmq-'))
    const [port, classicPort, nodePort, mapperPort] = await freePorts(4)
    const mapperEnvironment = { ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: String(mapperPort) }
    // Who finds one does not start another, which would outlive the test.
    const mapper = spawn('epmd', [], { env: { ...process.env, ...mapperEnvironment }, stdio: 'ignore' })
    const at = (name: string): string => join(folder, name)
    await writeFile(at('rabbitmq.conf'), `listeners.tcp.default = 127.0.0.1:${classicPort}\n`)
    await writeFile(at('rabbitmq-env.conf'), '')
    await writeFile(at('enabled_plugins'), '[rabbitmq_amqp1_0].\n')
    await writeFile(
      at('advanced.config'),
      `[{rabbit, [{tcp_listeners, [{"127.0.0.1", ${port}}]}]}, {rabbitmq_amqp1_0, [{default_user, "guest"}, {protocol_strict_mode, false}]}].\n`,
    )
    const server = spawn(SERVER, [], {
      env: {
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
      },
      stdio: 'ignore',
      detached: true,
    })
    const rabbit = new RabbitMq(port as number, folder, [server, mapper])
    try {
      await rabbit.#listens(server)
      return rabbit
    } catch (error) {
      await rabbit.stop()
      throw error
    }
  }

  /** Ends it and removes what it kept. */
  async stop(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      // The shell that starts it and the Erlang machine below are one group.
      if (child === this.#children[0] && child.pid) process.kill(-child.pid, 'SIGKILL')
      else child.kill('SIGKILL')
      await ended
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #listens(server: ChildProcess): Promise<void> {
    const until = Date.now() + START_MS
    while (Date.now() < until) {
      if (server.exitCode !== null) throw new Error(`rabbitmq-server ended with ${server.exitCode} while it started`)
      if (await answers(this.port)) return
      await later(200)
    }
    throw new Error(`rabbitmq-server did not listen within ${START_MS} ms`)
  }
}

/** The header of AMQP 1.0 with its own, or with the one of SASL. */
async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from('AMQP\x00\x01\x00\x00', 'latin1')))
    socket.setTimeout(2_000, () => socket.destroy())
    socket.once('data', (bytes) => {
      resolve(bytes.subarray(0, 4).toString('latin1') === 'AMQP')
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

/** All at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) await once(server.close(), 'close')
  return ports
}

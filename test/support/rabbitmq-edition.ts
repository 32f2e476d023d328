// Where a RabbitMQ lies and what those of its version have to be told; and the one that Debian 12 packages.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { RabbitMqPorts } from './rabbitmq-configuration.ts'

/** The program in the PATH would run as another user, in that one's folders. */
export const RABBITMQ_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export interface RabbitMqEdition {
  /** The node's folder, as the server sees it. */
  seen(folder: string): string
  /** Starts it, as the first process of a group that SIGKILL ends as a whole. */
  run(folder: string, environment: NodeJS.ProcessEnv): ChildProcess
  /** Starts epmd, where it would outlive the server otherwise. */
  runMapper?(environment: NodeJS.ProcessEnv): ChildProcess
  /** How it speaks AMQP 1.0 at `ports.amqp`, on the loopback only. `settings`: lines of rabbitmq.conf; `files`: others, by name. */
  configuration(ports: RabbitMqPorts): {
    readonly settings: readonly string[]
    readonly files?: Readonly<Record<string, string>>
  }
}

/** Why Debian's is not there; `false` when it is. Goes to the `skip` of a suite. */
export const noRabbitMq: string | false = existsSync(RABBITMQ_SERVER)
  ? false
  : `there is no ${RABBITMQ_SERVER} (Debian: rabbitmq-server)`

// Where it has just been installed, skipping would hide that the installation came to nothing.
if (noRabbitMq && process.env.REQUIRE_RABBITMQ) throw new Error(noRabbitMq)

/** With its plugin for AMQP 1.0, on the machine itself. */
export const RABBITMQ_OF_DEBIAN_12: RabbitMqEdition = {
  seen: (folder) => folder,
  run: (_, env) => spawn(RABBITMQ_SERVER, [], { env, stdio: 'ignore', detached: true }),
  // Who finds one does not start another, which would outlive the test.
  runMapper: (env) => spawn('epmd', [], { env, stdio: 'ignore' }),
  configuration: ({ amqp, classic }) => ({
    settings: [`listeners.tcp.default = 127.0.0.1:${classic}`],
    files: {
      enabled_plugins: '[rabbitmq_amqp1_0].\n',
      'advanced.config': `[{rabbit, [{tcp_listeners, [{"127.0.0.1", ${amqp}}]}]}, {rabbitmq_amqp1_0, [{default_user, "guest"}, {protocol_strict_mode, false}]}].\n`,
    },
  }),
}

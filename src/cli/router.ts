// omsg router: the embedded router on its own, for development, tests and small edges.

import type { Command } from 'commander'
import { type Router, startRouter, UnprotectedRouterError } from '../router/index.ts'
import { type CommandContext, newCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { addJsonFlag, nonEmpty, portNumber } from './flags.ts'
import { aborted } from './signals.ts'

interface RouterFlags {
  readonly host: string
  readonly port: number
}

export function routerCommand(context: CommandContext): Command {
  const command = newCommand(context, 'router', 'run the embedded AMQP 1.0 router until it is stopped')
    .option('--host <host>', 'the address of this machine to listen on', nonEmpty, '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0: a free one', portNumber, 5672)
  addJsonFlag(command).addHelpText('after', '\nPrints "listening on amqp://HOST:PORT" when it is ready.')
  return command.action((flags: RouterFlags) => run(context, flags))
}

async function run({ output, stop }: CommandContext, flags: RouterFlags): Promise<void> {
  const router = await start(flags)
  output.line(`listening on ${router.url}`)
  await aborted(stop)
  await router.close()
}

async function start({ host, port }: RouterFlags): Promise<Router> {
  try {
    return await startRouter({ host, port })
  } catch (error) {
    if (!(error instanceof UnprotectedRouterError)) throw error
    throw new UsageError(
      `error: --host ${host}: omsg router lets everybody in, so it listens only where programs on this machine reach it: ` +
        'on 127.0.0.1, ::1 or localhost. A router for others, with TLS or passwords, is startRouter of oslo-messaging/router',
      { cause: error },
    )
  }
}

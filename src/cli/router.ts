// omsg router: the embedded router on its own, for development, tests and small edges.

import type { Command } from 'commander'
import { startRouter } from '../router/index.ts'
import { type CommandContext, newCommand } from './command.ts'
import { addJsonFlag, portNumber } from './flags.ts'
import { aborted } from './signals.ts'

interface RouterFlags {
  readonly host: string
  readonly port: number
}

export function routerCommand(context: CommandContext): Command {
  const command = newCommand(context, 'router', 'run the embedded AMQP 1.0 router until it is stopped')
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0: a free one', portNumber, 5672)
  addJsonFlag(command).addHelpText('after', '\nPrints "listening on amqp://HOST:PORT" when it is ready.')
  return command.action((flags: RouterFlags) => run(context, flags))
}

async function run({ output, stop }: CommandContext, { host, port }: RouterFlags): Promise<void> {
  const router = await startRouter({ host, port })
  output.line(`listening on ${router.url}`)
  await aborted(stop)
  await router.close()
}

// omsg serve: an RPC server with demo endpoints, to try a bus or a client against.

import type { Command } from 'commander'
import { type ServerTarget, serveRpc } from '../index.ts'
import { type CommandContext, newCommand } from './command.ts'
import { tellConnection } from './connection-notes.ts'
import { DemoEndpoint } from './demo-endpoint.ts'
import {
  addTargetFlags,
  addTransportFlags,
  nonEmpty,
  requiredOption,
  type TargetFlags,
  type TransportFlags,
} from './flags.ts'
import { tellLinks } from './link-notes.ts'
import { withTransport } from './open-transport.ts'
import { aborted } from './signals.ts'

// Below the limit of the whole command, so that a handler that does not end is given up in order.
const DRAIN_TIMEOUT_MS = 20_000

interface ServeFlags extends TransportFlags, TargetFlags {
  readonly server: string
  readonly print?: boolean
}

export function serveCommand(context: CommandContext): Command {
  const command = newCommand(context, 'serve', 'run an RPC server with demo methods until it is stopped')
  addTargetFlags(addTransportFlags(command))
  return requiredOption(command, '--server <server>', 'the name of this server within its topic', nonEmpty)
    .option('--print', 'a JSON line on stdout for every invocation; casts of note {value} are taken too')
    .addHelpText(
      'after',
      '\nMethods: echo {value}, add {a, b}, fail {message}, sleep {ms}, who {}.\nPrints "READY" when it can be called.',
    )
    .action((flags: ServeFlags) => run(context, flags))
}

async function run(context: CommandContext, flags: ServeFlags): Promise<void> {
  const { output, stop } = context
  const target: ServerTarget = { topic: flags.topic, server: flags.server, exchange: flags.exchange }
  const closed = new AbortController()
  const endpoint = new DemoEndpoint({ ...flags, closed: closed.signal }, (invocation) => {
    if (flags.print) output.result(invocation)
  })
  tellConnection(output)
  tellLinks(output)
  await withTransport(context, flags, async (transport) => {
    const server = await serveRpc(transport, target, [endpoint], {
      signal: stop,
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      onMalformed: (error) => output.note(`refused a message that is no request: ${error.message}`),
    })
    output.line('READY')
    await aborted(stop)
    await server.stop()
    closed.abort()
  })
}

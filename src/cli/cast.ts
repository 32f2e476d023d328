// omsg cast: one request without reply.

import type { Command } from 'commander'
import { type CommandContext, newCommand } from './command.ts'
import { requestCommand } from './send-request.ts'

export function castCommand(context: CommandContext): Command {
  const command = newCommand(
    context,
    'cast',
    'send a request without reply; ends with 0 when it left under credit or was accepted',
  )
  command.option('--fanout', 'to all servers of the topic')
  // The exit status is all that this command has to say: when a signal came first, and it did not leave, that is 1.
  return requestCommand(context, command, (client, request, { timeoutMs }) =>
    client.cast(request.context, request.method, request.args, { timeoutMs, signal: context.giveUp }),
  )
}

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
  return requestCommand(context, command, (client, request, { timeoutMs }) =>
    client.cast(request.context, request.method, request.args, { timeoutMs, signal: context.stop }),
  )
}

// omsg call: one request, and its result on stdout.

import type { Command } from 'commander'
import { type CommandContext, newCommand } from './command.ts'
import { requestCommand } from './send-request.ts'

export function callCommand(context: CommandContext): Command {
  const command = newCommand(context, 'call', 'call a method and print its result as one JSON line')
  return requestCommand(context, command, async (client, request, flags) => {
    const { timeoutMs, callMonitorTimeoutMs } = flags
    const result = await client.call(request.context, request.method, request.args, {
      timeoutMs,
      callMonitorTimeoutMs,
      signal: context.stop,
    })
    context.output.result(result)
  })
}

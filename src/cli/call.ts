// omsg call: one request, and its result on stdout.

import type { Command } from 'commander'
import { type CommandContext, newCommand } from './command.ts'
import { requestCommand } from './send-request.ts'
import { InterruptedError } from './signals.ts'

export function callCommand(context: CommandContext): Command {
  const command = newCommand(context, 'call', 'call a method and print its result as one JSON line')
  return requestCommand(context, command, async (client, request, { timeoutMs, callMonitorTimeoutMs }) => {
    const options = { timeoutMs, callMonitorTimeoutMs, signal: context.giveUp }
    try {
      context.output.result(await client.call(request.context, request.method, request.args, options))
    } catch (error) {
      // A command that was told to stop, and did, ends with 0. That there is no answer shows on stdout.
      if (!(error instanceof InterruptedError)) throw error
      context.output.failure(error)
    }
  })
}

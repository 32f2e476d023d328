// What `omsg call` and `omsg cast` have in common: flags, arguments, and the client made from them.

import type { Command } from 'commander'
import { RpcClient, type Target } from '../index.ts'
import { type CommandContext, checkUsage } from './command.ts'
import {
  addContextFlag,
  addTargetFlags,
  addTransportFlags,
  milliseconds,
  nonEmpty,
  parseContext,
  type TargetFlags,
  type TransportFlags,
} from './flags.ts'
import { parseJsonObject } from './json-argument.ts'
import { withTransport } from './open-transport.ts'

export interface RequestFlags extends TransportFlags, TargetFlags {
  readonly timeoutMs?: number
  readonly callMonitorTimeoutMs?: number
  readonly context?: string
  readonly fanout?: boolean
}

/** A request as it was typed. */
export interface Request {
  readonly context: Record<string, unknown>
  readonly method: string
  readonly args: Record<string, unknown>
}

type Send = (client: RpcClient, request: Request, flags: RequestFlags) => Promise<void>

/** Gives the command the flags and arguments of a request, and `send` as what it does. */
export function requestCommand(context: CommandContext, command: Command, send: Send): Command {
  addTargetFlags(addTransportFlags(command))
    .option('--server <server>', 'one server of the topic (default: any)', nonEmpty)
    .option('--timeout-ms <n>', 'milliseconds until it is given up', milliseconds)
    .option('--call-monitor-timeout-ms <n>', 'milliseconds between two signs of life of the server', milliseconds)
  return addContextFlag(command)
    .argument('<METHOD>', 'the method to invoke')
    .argument('[ARGS_JSON]', 'its arguments, a JSON object (default: {})')
    .action((method: string, args: string | undefined, flags: RequestFlags) => run(context, send, method, args, flags))
}

async function run(
  context: CommandContext,
  send: Send,
  method: string,
  argsText: string | undefined,
  flags: RequestFlags,
): Promise<void> {
  const args = argsText === undefined ? {} : parseJsonObject(argsText, 'ARGS_JSON')
  const request = { context: parseContext(flags.context), method, args }
  await withTransport(context, flags, async (transport) => {
    const client = checkUsage(() => new RpcClient(transport, target(flags)))
    await send(client, request, flags)
  })
}

function target({ exchange, topic, namespace, version, server, fanout }: RequestFlags): Target {
  return { exchange, topic, namespace, version, server, fanout }
}

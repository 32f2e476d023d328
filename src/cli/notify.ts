// omsg notify: one notification.

import { type Command, Option } from 'commander'
import { Notifier, PRIORITIES, type Priority } from '../index.ts'
import { type CommandContext, checkUsage, newCommand } from './command.ts'
import {
  addContextFlag,
  addTransportFlags,
  milliseconds,
  nonEmpty,
  parseContext,
  type TransportFlags,
} from './flags.ts'
import { parseJsonArgument } from './json-argument.ts'
import { withTransport } from './open-transport.ts'

interface NotifyFlags extends TransportFlags {
  readonly topic: string
  readonly priority: string
  readonly publisherId: string
  readonly format: 'messaging' | 'messagingv2'
  readonly timeoutMs?: number
  readonly context?: string
}

export function notifyCommand(context: CommandContext): Command {
  const command = newCommand(context, 'notify', 'publish a notification; ends with 0 when it is stored or processed')
  addTransportFlags(command)
    .option('--topic <topic>', 'the topic to publish to', nonEmpty, 'notifications')
    .option('--priority <priority>', 'audit, debug, info, warn, error, critical or sample', 'info')
    .option('--publisher-id <id>', 'who publishes, by custom service.host', 'omsg')
    .addOption(
      new Option('--format <format>', 'the form of the message')
        .choices(['messaging', 'messagingv2'])
        .default('messaging'),
    )
    .option('--timeout-ms <n>', 'milliseconds until it is given up', milliseconds)
  return addContextFlag(command)
    .argument('<EVENT_TYPE>', 'what happened, as compute.instance.create.end')
    .argument('<PAYLOAD_JSON>', 'the facts, as JSON')
    .action((eventType: string, payload: string, flags: NotifyFlags) => run(context, eventType, payload, flags))
}

async function run(context: CommandContext, eventType: string, payloadText: string, flags: NotifyFlags): Promise<void> {
  const payload = parseJsonArgument(payloadText, 'PAYLOAD_JSON')
  const ctxt = parseContext(flags.context)
  const priority = checkUsage(() => knownPriority(flags.priority))
  await withTransport(context, flags, async (transport) => {
    const notifier = new Notifier(transport, {
      publisherId: flags.publisherId,
      topics: [flags.topic],
      publishers: flags.format,
      timeoutMs: flags.timeoutMs,
    })
    // As with a cast: ended by a signal before it was stored or processed, it ends with 1.
    await notifier[priority](ctxt, eventType, payload, { signal: context.giveUp })
  })
}

function knownPriority(text: string): Priority {
  const found = PRIORITIES.find((priority) => priority === text.toLowerCase())
  if (!found) throw new RangeError(`--priority: expected one of ${PRIORITIES.join(', ')}, got ${text}`)
  return found
}

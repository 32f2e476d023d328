// omsg listen: notifications as they come.

import { type Command, InvalidArgumentError } from 'commander'
import {
  listenForNotifications,
  type NotificationEndpoint,
  type NotificationEvent,
  PRIORITIES,
  type Priority,
  REQUEUE,
  type SerializedContext,
} from '../index.ts'
import { type CommandContext, newCommand } from './command.ts'
import { tellConnection } from './connection-notes.ts'
import { addTransportFlags, count, nonEmpty, type TransportFlags } from './flags.ts'
import { withTransport } from './open-transport.ts'
import { type NotificationLine, readableNotification } from './readable-notification.ts'
import { aborted } from './signals.ts'

interface ListenFlags extends TransportFlags {
  readonly topic: string
  readonly priority?: readonly Priority[]
  readonly count?: number
}

export function listenCommand(context: CommandContext): Command {
  const command = newCommand(context, 'listen', 'print notifications as they come, until it is stopped')
  return addTransportFlags(command)
    .option('--topic <topic>', 'the topic to listen to', nonEmpty, 'notifications')
    .option('--priority <list>', `comma separated, of ${PRIORITIES.join(', ')} (default: all)`, priorities)
    .option('--count <n>', 'end when so many were taken', count)
    .addHelpText(
      'after',
      '\nOne JSON object a line; on a terminal readable lines unless --json.\nPrints "READY" on stderr when notifications arrive.',
    )
    .action((flags: ListenFlags) => run(context, flags))
}

async function run(context: CommandContext, flags: ListenFlags): Promise<void> {
  const { output, stop } = context
  const enough = new AbortController()
  const readable = output.interactive && !flags.json
  const show = (line: NotificationLine): void => {
    if (readable) output.styled(readableNotification(line, output.colour))
    else output.result(line)
  }
  tellConnection(output)
  const endpoint = printingEndpoint(flags, show, () => enough.abort())
  await withTransport(context, flags, async (transport) => {
    // One at a time: lines come in the order of the bus, and not one more than --count is taken.
    const listener = await listenForNotifications(transport, { topic: flags.topic }, [endpoint], {
      concurrency: 1,
      signal: stop,
      onMalformed: (error) => output.note(`refused a message that is no notification: ${error.message}`),
    })
    output.note('READY')
    await aborted(AbortSignal.any([stop, enough.signal]))
    await listener.stop()
  })
}

/** Takes `count` notifications and gives back what comes after them. */
function printingEndpoint(
  flags: ListenFlags,
  show: (line: NotificationLine) => void,
  onEnough: () => void,
): NotificationEndpoint {
  let left = flags.count ?? Number.POSITIVE_INFINITY
  const endpoint: NotificationEndpoint = {}
  for (const priority of flags.priority ?? PRIORITIES) {
    endpoint[priority] = (context: SerializedContext, event: NotificationEvent) => {
      if (left <= 0) return REQUEUE
      left -= 1
      show(lineOf(priority, context, event))
      if (left === 0) onEnough()
      return undefined
    }
  }
  return endpoint
}

function lineOf(priority: Priority, ctxt: SerializedContext, event: NotificationEvent): NotificationLine {
  const { publisherId, eventType, payload, messageId, timestamp } = event
  return {
    priority,
    publisher_id: publisherId,
    event_type: eventType,
    payload,
    metadata: { message_id: messageId, timestamp },
    ctxt,
  }
}

function priorities(text: string): readonly Priority[] {
  return text.split(',').map((word) => {
    const found = PRIORITIES.find((priority) => priority === word.trim().toLowerCase())
    if (!found) throw new InvalidArgumentError(`Expected some of ${PRIORITIES.join(', ')}.`)
    return found
  })
}

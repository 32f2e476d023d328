// omsg listen: notifications as they come.

import { type Command, Option } from 'commander'
import {
  listenForNotifications,
  type NotificationEndpoint,
  type NotificationEvent,
  PRIORITIES,
  type Priority,
  REQUEUE,
  type SerializedContext,
} from '../index.ts'
import { cloudEventLine } from './cloud-event-line.ts'
import { type CommandContext, newCommand } from './command.ts'
import { tellConnection } from './connection-notes.ts'
import { addTransportFlags, count, nonEmpty, type TransportFlags } from './flags.ts'
import { tellLinks } from './link-notes.ts'
import { addChoiceFlags, type ChoiceFlags, isChosen } from './notification-choice.ts'
import { NotificationTally } from './notification-tally.ts'
import { withTransport } from './open-transport.ts'
import type { Output } from './output.ts'
import { type NotificationLine, readableNotification } from './readable-notification.ts'
import { aborted } from './signals.ts'

const HELP = `
One JSON object a line; on a terminal readable lines unless --json. Prints
"READY" on stderr when notifications arrive, and at the end how many there were.

--priority, --event-type and --publisher may be repeated: one of each has to fit.
Listeners of a topic share its notifications: what is taken here, nobody else
gets. That goes for what --event-type and --publisher pass over, too: it is
acknowledged and not shown. Of priorities that are not named nothing is taken.
With a --pool of its own a tail takes nothing from others (where the bus has
pools, as "omsg router" does).`

const FORMATS = ['oslo', 'cloudevents'] as const

interface ListenFlags extends TransportFlags, ChoiceFlags {
  readonly topic: string
  readonly count?: number
  readonly pool?: string
  readonly color: boolean
  readonly format: (typeof FORMATS)[number]
}

export function listenCommand(context: CommandContext): Command {
  const command = newCommand(context, 'listen', 'print notifications as they come, until it is stopped')
  addTransportFlags(command).option('--topic <topic>', 'the topic to listen to', nonEmpty, 'notifications')
  return addChoiceFlags(command)
    .option('--pool <name>', 'share with the listeners of this pool only: each pool gets all', nonEmpty)
    .option('--count <n>', 'end when so many were shown', count)
    .addOption(
      new Option('--format <format>', 'the form of the lines; CloudEvents 1.0 are JSON on a terminal, too')
        .choices(FORMATS)
        .default('oslo'),
    )
    .option('--no-color', 'no colours on a terminal (or set NO_COLOR)')
    .addHelpText('after', HELP)
    .action((flags: ListenFlags) => run(context, flags))
}

async function run(context: CommandContext, flags: ListenFlags): Promise<void> {
  const { output, stop } = context
  const enough = new AbortController()
  const tally = new NotificationTally()
  const endpoint = printingEndpoint(flags, tally, printer(output, flags), () => enough.abort())
  tellConnection(output)
  tellLinks(output)
  await withTransport(context, flags, async (transport) => {
    // One at a time: lines come in the order of the bus, and not one more than --count is taken.
    const listener = await listenForNotifications(transport, { topic: flags.topic }, [endpoint], {
      concurrency: 1,
      pool: flags.pool,
      signal: stop,
      onMalformed: (error) => {
        tally.malformed()
        output.note(`refused a message that is no notification: ${error.message}`)
      },
    })
    output.note('READY')
    await aborted(AbortSignal.any([stop, enough.signal]))
    await listener.stop()
    output.note(String(tally))
  })
}

/** Resolves with false when it could not be written. */
type Print = (priority: Priority, context: SerializedContext, event: NotificationEvent) => Promise<boolean>

function printer(output: Output, flags: ListenFlags): Print {
  if (flags.format === 'cloudevents') return (_priority, ctxt, event) => output.written(cloudEventLine(ctxt, event))
  if (!output.interactive || flags.json) return (...notification) => output.written(lineOf(...notification))
  const colour = output.colour && flags.color
  return (...notification) =>
    output.styled(readableNotification(lineOf(...notification), { colour, width: output.columns }))
}

/** Shows `count` notifications and gives back what comes after them, and what nobody reads. What is not chosen is acknowledged like what is shown. */
function printingEndpoint(
  flags: ListenFlags,
  tally: NotificationTally,
  print: Print,
  onEnough: () => void,
): NotificationEndpoint {
  let left = flags.count ?? Number.POSITIVE_INFINITY
  const endpoint: NotificationEndpoint = {}
  for (const priority of flags.priority ?? PRIORITIES) {
    endpoint[priority] = async (context: SerializedContext, event: NotificationEvent) => {
      if (left <= 0) return REQUEUE
      if (!isChosen(flags, event)) {
        tally.passedOver()
        return undefined
      }
      if (!(await print(priority, context, event))) return REQUEUE
      left -= 1
      tally.shown(priority)
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

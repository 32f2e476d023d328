// The commands of `omsg`. Each is loaded when it is asked for: `omsg call` does not wait for the router to be read.

import type { Command } from 'commander'
import { type CommandContext, newCommand } from './command.ts'
import type { InputStream } from './password-input.ts'

/** What the list of the commands shows of one, and how to get the whole of it. */
interface Entry {
  readonly name: string
  /** What it takes besides flags. */
  readonly takes?: readonly string[]
  readonly does: string
  readonly load: (context: CommandContext, input: InputStream) => Promise<Command>
}

const ENTRIES: readonly Entry[] = [
  {
    name: 'router',
    does: 'run the embedded AMQP 1.0 router until it is stopped',
    load: async (context) => (await import('./router.ts')).routerCommand(context),
  },
  {
    name: 'passwd',
    takes: ['<user>'],
    does: "set a user's password in the users file of omsg router",
    load: async (context, input) => (await import('./passwd.ts')).passwdCommand(context, input),
  },
  {
    name: 'serve',
    does: 'run an RPC server with demo methods until it is stopped',
    load: async (context) => (await import('./serve.ts')).serveCommand(context),
  },
  {
    name: 'call',
    takes: ['<METHOD>', '[ARGS_JSON]'],
    does: 'call a method and print its result as one JSON line',
    load: async (context) => (await import('./call.ts')).callCommand(context),
  },
  {
    name: 'cast',
    takes: ['<METHOD>', '[ARGS_JSON]'],
    does: 'send a request without reply; ends with 0 when it left under credit or was accepted',
    load: async (context) => (await import('./cast.ts')).castCommand(context),
  },
  {
    name: 'notify',
    takes: ['<EVENT_TYPE>', '<PAYLOAD_JSON>'],
    does: 'publish a notification; ends with 0 when it is stored or processed',
    load: async (context) => (await import('./notify.ts')).notifyCommand(context),
  },
  {
    name: 'listen',
    does: 'print notifications as they come, until it is stopped',
    load: async (context) => (await import('./listen.ts')).listenCommand(context),
  },
  {
    name: 'doctor',
    takes: ['[URL]'],
    does: 'examine what is behind a URL, and say what works over it and what to configure',
    load: async (context) => (await import('./doctor.ts')).doctorCommand(context),
  },
  {
    name: 'options',
    does: 'list the driver options that --option and the URL query take',
    load: async (context) => (await import('./options.ts')).optionsCommand(context),
  },
]

/** Flags of the program itself: behind them no command runs. */
const PROGRAM_FLAGS: ReadonlySet<string> = new Set(['-h', '--help', '-V', '--version'])

/**
 * The commands, for `newProgram`: those that the arguments name are whole, of the others there is what the list of commands shows.
 * All are whole where a flag stands before the command: whose flag that is, only they know.
 */
export async function commandsFor(
  args: readonly string[],
  context: CommandContext,
  input: InputStream,
): Promise<Command[]> {
  const [first = ''] = args
  const misplacedFlag = first.startsWith('-') && !PROGRAM_FLAGS.has(first)
  return await Promise.all(
    ENTRIES.map((entry) =>
      misplacedFlag || args.includes(entry.name) ? entry.load(context, input) : listed(context, entry),
    ),
  )
}

/** The line of the command in the list. Each has flags, which are not told there. */
function listed(context: CommandContext, { name, takes = [], does }: Entry): Command {
  const command = newCommand(context, name, does).option('--json')
  for (const argument of takes) command.argument(argument)
  return command
}

// What every command has in common: how it is declared, how its mistakes are told, and what its end means for the exit status.

import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { InvalidTargetError, InvalidVersionError } from '../messaging/errors.ts'
import { nearestName } from '../support/nearest-name.ts'
import { OptionError } from '../support/options.ts'
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts'
import type { Output } from './output.ts'

/** What a command gets besides its arguments. */
export interface CommandContext {
  readonly output: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by the first SIGTERM or SIGINT, and when nobody reads stdout any more: what runs for long drains and ends. */
  readonly stop: AbortSignal
  /** Aborted a little later: what waits for one answer gives up. */
  readonly giveUp: AbortSignal
}

/** A command without arguments and flags; the caller adds them. Its mistakes come out of `runProgram` as UsageError. */
export function newCommand(context: CommandContext, name: string, description: string): Command {
  const command = new Command(name).description(description).helpOption('-h, --help', 'show this help')
  command.exitOverride((error) => {
    throw toUsageError(command, error)
  })
  return command.configureOutput({
    writeOut: (text) => context.output.styled(text.replace(/\n$/, '')),
    writeErr: (text) => context.output.usage(text.replace(/\n$/, '')),
    // The message travels in the error.
    outputError: () => {},
  })
}

/** The program with its commands, and the help of each. */
export function newProgram(context: CommandContext, commands: readonly Command[]): Command {
  const program = newCommand(context, 'omsg', 'RPC and notifications over AMQP 1.0, in the way of oslo.messaging')
  // Without this, `omsg call --version 1.4` would ask for the version of omsg.
  program.enablePositionalOptions().version(packageVersion(), '-V, --version', 'show the version of oslo-messaging')
  program.helpCommand(false)
  for (const command of commands) program.addCommand(command)
  program.addCommand(helpCommand(context, program))
  program.addHelpText(
    'after',
    '\nExit status: 0 done, 1 the operation failed, 2 wrong usage. OMSG_URL stands for --url.',
  )
  return program
}

function helpCommand(context: CommandContext, program: Command): Command {
  const command = newCommand(context, 'help', 'show what a command does and takes').argument(
    '[command]',
    'the command to explain',
  )
  return command.action((name: string | undefined) => {
    const subject = name === undefined ? program : program.commands.find((candidate) => candidate.name() === name)
    if (!subject) throw new UsageError(`${unknownCommand(program, name as string)}\n${seeHelp(program)}`)
    subject.outputHelp()
  })
}

/** Runs what the arguments say and tells how it ended. Never throws. */
export async function runProgram(
  program: Command,
  args: readonly string[],
  context: CommandContext,
): Promise<ExitCode> {
  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    return report(error, context)
  }
}

function report(error: unknown, { output, stop }: CommandContext): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
  // A server or listener that was stopped while it was still on its way up.
  if (stop.aborted && error === stop.reason) return EXIT.ok
  if (error instanceof UsageError) {
    output.usage(error.message)
    return EXIT.usage
  }
  if (isMistyped(error)) {
    output.usage(`error: ${error.message}`)
    return EXIT.usage
  }
  output.failure(error)
  return EXIT.failed
}

/** What the library finds wrong with a target only when it is used. Nothing was sent. */
const isMistyped = (error: unknown): error is Error =>
  error instanceof InvalidVersionError || error instanceof InvalidTargetError

/**
 * Runs what only takes in what was typed (a URL, options, a target): whatever it throws is a mistake on the command line.
 */
export function checkUsage<T>(take: () => T): T {
  try {
    return take()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // createTransport says it as an InvalidArgumentError, with the OptionError as its cause.
    const aboutOption = error instanceof OptionError || (error instanceof Error && error.cause instanceof OptionError)
    const hint = aboutOption ? ' (omsg options lists them)' : ''
    throw new UsageError(`error: ${message}${hint}`, { cause: error })
  }
}

function toUsageError(command: Command, error: CommanderError): Error {
  if (error.exitCode === 0) return error
  if (error.code === 'commander.help') return new UsageError('error: no command given; omsg help shows them')
  return new UsageError(`${describe(command, error)}\n${seeHelp(command)}`, { cause: error })
}

function describe(command: Command, error: CommanderError): string {
  const word = /'([^']*)/.exec(error.message)?.[1] ?? ''
  if (error.code === 'commander.unknownOption') return unknownFlag(command, word)
  return error.code === 'commander.unknownCommand' ? unknownCommand(command, word) : error.message
}

/** Never shows what stands behind the `=`: it may be a URL with a password. */
function unknownFlag(command: Command, word: string): string {
  const flag = word.split('=', 1)[0] as string
  const owner = command.commands.find(({ options }) => options.some(({ long }) => long === flag))
  if (owner) return `error: ${flag} stands behind the command, as in omsg ${owner.name()} ${flag}`
  const known = command.options.flatMap((option) => option.long ?? [])
  return `error: unknown option ${flag}${suggestion(nearestName(flag, [...known, '--help']))}`
}

function unknownCommand(program: Command, name: string): string {
  const nearest = nearestName(
    name,
    program.commands.map((command) => command.name()),
  )
  return `error: unknown command ${name}${suggestion(nearest)}`
}

const suggestion = (nearest: string | undefined): string => (nearest === undefined ? '' : `; did you mean ${nearest}?`)

/** Where a person who mistyped something finds out. */
export const seeHelp = (command: Command): string =>
  command.parent ? `omsg help ${command.name()} shows what it takes.` : 'omsg help shows the commands.'

function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('oslo-messaging/package.json') as { version: string }
  return version
}

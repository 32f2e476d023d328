// The flags that several commands share, and what becomes of their texts.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { seeHelp } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { parseJsonObject } from './json-argument.ts'

/** Flags of every command that opens a transport. */
export interface TransportFlags {
  readonly url?: string
  readonly option?: readonly string[]
  readonly json?: boolean
}

/** Flags of every command that names an RPC target. */
export interface TargetFlags {
  readonly topic: string
  readonly server?: string
  readonly exchange?: string
  readonly namespace?: string
  readonly version?: string
}

export function addJsonFlag(command: Command): Command {
  return command.option('--json', 'one JSON object a line for every result, also on a terminal')
}

export function addTransportFlags(command: Command): Command {
  command.option('--url <url>', 'transport URL, as amqp://user:password@host:5672/virtual-host (or set OMSG_URL)')
  command.option(
    '--option <name=value>',
    'a driver option by its oslo name; may be repeated; omsg options lists them',
    (value: string, earlier: readonly string[] = []) => [...earlier, value],
  )
  return addJsonFlag(command)
}

export function addTargetFlags(command: Command): Command {
  return requiredOption(command, '--topic <topic>', 'the topic that the servers of a group share', nonEmpty)
    .option('--exchange <exchange>', 'the exchange of the topic (default: openstack)', nonEmpty)
    .option('--namespace <namespace>', 'the namespace of the endpoint')
    .option('--version <version>', 'the version of the endpoint, as 1.4', nonEmpty)
}

export function addContextFlag(command: Command): Command {
  return command.option('--context <json>', 'the request context, a JSON object (default: {})')
}

/**
 * A flag that has to be there. Commander's own kind is checked before unknown flags: then `--tpic` would be told as a
 * missing `--topic`.
 */
export function requiredOption(
  command: Command,
  flags: string,
  description: string,
  parse: (text: string) => unknown,
): Command {
  const option = new Option(flags, `${description} (required)`).argParser(parse)
  return command.addOption(option).hook('preAction', () => {
    if (command.getOptionValue(option.attributeName()) === undefined)
      throw new UsageError(`error: ${option.flags} is missing\n${seeHelp(command)}`)
  })
}

/** `--url`, or else the environment variable OMSG_URL. Throws UsageError when there is neither. */
export function requireUrl(flags: TransportFlags, env: Readonly<Record<string, string | undefined>>): string {
  const url = flags.url ?? env.OMSG_URL
  if (url) return url
  throw new UsageError('error: no transport URL: give --url amqp://HOST:PORT, or set the environment variable OMSG_URL')
}

/** `name=value` texts as an object; of the same name the last wins. Throws UsageError, without the value: it may be a secret. */
export function driverOptions(assignments: readonly string[] = []): Record<string, string> {
  const options = new Map<string, string>()
  for (const assignment of assignments) {
    const at = assignment.indexOf('=')
    if (at < 1)
      throw new UsageError(
        'error: --option takes name=value, as in --option idle_timeout=30 (omsg options lists the names)',
      )
    options.set(assignment.slice(0, at).trim(), assignment.slice(at + 1))
  }
  return Object.fromEntries(options)
}

/** The request context; `{}` when none is given. */
export const parseContext = (text: string | undefined): Record<string, unknown> =>
  text === undefined ? {} : parseJsonObject(text, '--context')

/** Milliseconds for a flag. setTimeout's range is the limit: nobody waits for 25 days. */
export function milliseconds(text: string): number {
  return wholeNumber(text, 'whole milliseconds', 1, 0x7fffffff)
}

/** As milliseconds, where 0 has a meaning. */
export function millisecondsOrNone(text: string): number {
  return wholeNumber(text, 'whole milliseconds', 0, 0x7fffffff)
}

/** What may not be empty: `--server "$SERVER"` with SERVER unset would else mean any server. */
export function nonEmpty(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('Expected a name, found nothing.')
}

export const count = (text: string): number => wholeNumber(text, 'a whole number', 1, Number.MAX_SAFE_INTEGER)

export const portNumber = (text: string): number => wholeNumber(text, 'a port number', 0, 65_535)

function wholeNumber(text: string, what: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new InvalidArgumentError(`Expected ${what} between ${min} and ${max}.`)
}

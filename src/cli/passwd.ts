// omsg passwd: the users of a router, in their file.

import type { Command } from 'commander'
import { deleteUser, RouterOptionsError, setUserPassword } from '../router/index.ts'
import { type CommandContext, newCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { addJsonFlag, nonEmpty, requiredOption } from './flags.ts'
import { type InputStream, readPassword } from './password-input.ts'

const HELP = `
Asks for the password twice on a terminal, without showing it; else it is the first line of stdin. Adds the user, or changes
the password and leaves access rules and other users as they are. The file (JSON, mode 0600) is made when it is not there. It
holds no password, only what checks one. Examples:
  omsg passwd --file users.json alice
  pass show router/alice | omsg passwd --file users.json alice
  omsg router --users users.json
A router that is running knows of a change when it is started again.`

interface PasswdFlags {
  readonly file: string
  readonly delete?: boolean
  readonly json?: boolean
}

type Change = 'added' | 'changed' | 'deleted'

const SENTENCES: Readonly<Record<Change, (user: string, file: string) => string>> = {
  added: (user, file) => `${user} was added to ${file}`,
  changed: (user, file) => `the password of ${user} was changed in ${file}`,
  deleted: (user, file) => `${user} was deleted from ${file}`,
}

export function passwdCommand(context: CommandContext, input: InputStream): Command {
  const command = newCommand(context, 'passwd', "set a user's password in the users file of omsg router")
  command.argument('<user>', 'the name of the user')
  requiredOption(command, '--file <file>', 'the users file', nonEmpty)
  command.option('--delete', 'take the user out of the file')
  addJsonFlag(command).addHelpText('after', HELP)
  return command.action((user: string, flags: PasswdFlags) => run(context, input, user, flags))
}

async function run(context: CommandContext, input: InputStream, user: string, flags: PasswdFlags): Promise<void> {
  const { output, stop } = context
  const { file } = flags
  const change = flags.delete
    ? await deleted(file, user)
    : await changed(file, user, await readPassword(input, user, (text) => output.note(text), stop))
  if (flags.json || !output.interactive) output.result({ user, change, file })
  else output.line(SENTENCES[change](user, file))
}

async function changed(file: string, user: string, password: string): Promise<Change> {
  try {
    return await setUserPassword(file, user, password)
  } catch (error) {
    throw mistake(error)
  }
}

async function deleted(file: string, user: string): Promise<Change> {
  const done = await deleteUser(file, user).catch((error) => {
    throw mistake(error)
  })
  if (!done) throw new NoSuchUserError(`there is no user "${user}" in ${file}`)
  return 'deleted'
}

/** Of what was typed, or of the file that it names. */
const mistake = (error: unknown): unknown =>
  error instanceof RouterOptionsError ? new UsageError(`error: ${error.message}`, { cause: error }) : error

class NoSuchUserError extends Error {
  override readonly name = 'NoSuchUserError'
  readonly code = 'NO_SUCH_USER'
}

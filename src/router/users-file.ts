// The users file: read and checked as a whole. JSON, `{ "users": { "NAME": { … } } }`; omsg passwd writes it.

import { createHash } from 'node:crypto'
import { ConfigFile } from './config-file.ts'
import { RouterConfigError, RouterOptionsError } from './errors.ts'
import { JsonPlace } from './json-place.ts'
import { readUser, type User } from './user.ts'

export interface UsersFile {
  /** As JSON has it, for who writes it again. */
  readonly json: { readonly users: Readonly<Record<string, object>> }
  readonly users: ReadonlyMap<string, User>
  /** Secret bytes that are the same for as long as the file is. */
  readonly digest: Uint8Array
}

/**
 * At most 1 MiB, which is more than a thousand users.
 * @throws RouterOptionsError with file and line, the user and the field, and what was expected; never with what stands there.
 */
export async function readUsersFile(path: string): Promise<UsersFile> {
  try {
    return parse(await ConfigFile.read(path))
  } catch (error) {
    if (error instanceof RouterConfigError) throw new RouterOptionsError(`users: ${error.message}`, { cause: error })
    throw error
  }
}

function parse(file: ConfigFile): UsersFile {
  const root = JsonPlace.of(file)
  const entries = root.exactly(['users'])('users').members()
  const users = new Map([...entries].map(([name, place]) => [name, readUser(name, place)]))
  return {
    json: root.value as UsersFile['json'],
    users,
    digest: createHash('sha256').update(file.text).digest(),
  }
}

// The users file: read and checked as a whole. JSON, `{ "users": { "NAME": { … } } }`; omsg passwd writes it.

import { createHash } from 'node:crypto'
import { ConfigFile } from './config-file.ts'
import { RouterConfigError, RouterOptionsError } from './errors.ts'
import { JsonPlace } from './json-place.ts'
import { readUser, type User } from './user.ts'

/** As it is written. */
export interface UsersJson {
  /** Secret bytes, in base64. Absent: what is derived from them changes with the file. */
  readonly decoyKey?: string
  readonly users: Readonly<Record<string, object>>
}

export interface UsersFile {
  /** As JSON has it, for who writes it again. */
  readonly json: UsersJson
  readonly users: ReadonlyMap<string, User>
  /** What unknown users seem to have is made of it, so that it does not change when the file does. */
  readonly decoyKey: Uint8Array
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

const NAMES: ReadonlySet<string> = new Set(['users', 'decoyKey'] satisfies (keyof UsersJson)[])

function parse(file: ConfigFile): UsersFile {
  const root = JsonPlace.of(file)
  const members = root.members(NAMES)
  const written = members.get('users')
  if (!written) throw root.defect('expected users; users is missing')
  const entries = written.members()
  const users = new Map([...entries].map(([name, place]) => [name, readUser(name, place)]))
  return {
    json: root.value as UsersJson,
    users,
    decoyKey: members.get('decoyKey')?.bytes(16, 64) ?? createHash('sha256').update(file.text).digest(),
  }
}

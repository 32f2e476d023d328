// Changes of a users file: a password that is set, a user that goes. All else in it stays as it is, and who reads it meanwhile
// sees the one before or the one after.

import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { makeScramCredentials, type ScramCredentials } from '../amqp/index.ts'
import { saslprep } from '../amqp/saslprep.ts'
import { RouterOptionsError, RouterUsersError } from './errors.ts'
import { base64, makePasswordHash, writePasswordHash } from './password-hash.ts'
import { USER_SCRAM, userNameDefect } from './user.ts'
import { readUsersFile, type UsersJson } from './users-file.ts'

/** More than anybody types; so that what is no password is not taken for one. */
const MAX_PASSWORD_LENGTH = 1_024

/**
 * Sets the password of a user in a users file, for the `users` of `startRouter`. Adds the user when there is none of that name; the
 * file, which only its owner may read, is made when it is not there. Others in it, and access rules, stay. The password itself is not
 * in it: only what checks one.
 *
 * @throws RouterOptionsError (`ROUTER_OPTIONS`): a name or password that cannot be, or a file that is no users file, which is left
 * as it is; RouterUsersError (`ROUTER_USERS`): it cannot be written.
 */
export async function setUserPassword(path: string, user: string, password: string): Promise<'added' | 'changed'> {
  const defect = userNameDefect(user)
  if (defect !== undefined) throw new RouterOptionsError(`user: ${defect}`)
  const entry = await passwordEntry(preparedPassword(password))
  const json = await existing(path)
  const before = json.users[user]
  await write(path, withUser(json, user, { ...before, ...entry }))
  return before ? 'changed' : 'added'
}

/**
 * Takes a user out of a users file. False: there is none of that name, or no file.
 *
 * @throws RouterOptionsError (`ROUTER_OPTIONS`): it is no users file, and left as it is; RouterUsersError (`ROUTER_USERS`): it cannot be
 * written.
 */
export async function deleteUser(path: string, user: string): Promise<boolean> {
  const json = await existing(path)
  if (!json.users[user]) return false
  await write(path, withUser(json, user, undefined))
  return true
}

function preparedPassword(password: string): string {
  const prepared = typeof password === 'string' ? saslprep(password) : ''
  if (prepared === undefined)
    throw new RouterOptionsError('password: it has a control character, or another that SASLprep (RFC 4013) prohibits')
  if (prepared === '') throw new RouterOptionsError('password: expected a text that is not empty')
  if (password.length > MAX_PASSWORD_LENGTH)
    throw new RouterOptionsError(`password: expected at most ${MAX_PASSWORD_LENGTH} characters`)
  return prepared
}

async function passwordEntry(password: string): Promise<object> {
  const scram: Record<string, object> = {}
  for (const mechanism of USER_SCRAM) scram[mechanism] = writeScram(await makeScramCredentials(mechanism, password))
  return { scrypt: writePasswordHash(await makePasswordHash(password)), scram }
}

const writeScram = ({ salt, iterations, storedKey, serverKey }: ScramCredentials): object => ({
  salt: base64(salt),
  iterations,
  storedKey: base64(storedKey),
  serverKey: base64(serverKey),
})

async function existing(path: string): Promise<UsersJson> {
  try {
    return (await readUsersFile(path)).json
  } catch (error) {
    if (isAbsent(error)) return { decoyKey: base64(randomBytes(32)), users: {} }
    throw error
  }
}

/** Of the file that was to be read. */
function isAbsent(error: unknown): boolean {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}

function withUser({ users, ...others }: UsersJson, name: string, entry: object | undefined): string {
  // Without a prototype: a user may be called __proto__.
  const changed: Record<string, object> = Object.assign(Object.create(null), users)
  if (entry) changed[name] = entry
  else delete changed[name]
  return `${JSON.stringify({ ...others, users: changed }, undefined, 2)}\n`
}

/** All of it or nothing: what is at the path now stays until the new file is on the disk. */
async function write(path: string, text: string): Promise<void> {
  let temporary: string | undefined
  try {
    const target = await realpath(path).catch(() => path)
    temporary = join(dirname(target), `.${basename(target)}.${randomBytes(8).toString('hex')}`)
    const before = await stat(target).catch(() => undefined)
    const file = await open(temporary, 'wx', 0o600)
    try {
      if (before) await keepOwner(file, before)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
    await syncDirectory(dirname(target))
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {})
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new RouterUsersError(`${path}: cannot be written: ${reason}`, { cause })
  }
}

/** Of the file that it takes the place of: whoever could read that reads this. The owner only where that is allowed. */
async function keepOwner(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  await file.chown(uid, gid).catch(() => {})
  await file.chmod(mode & 0o777)
}

/** So that the rename outlives a loss of power; not every system lets a directory be opened. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path).catch(() => undefined)
  await directory?.sync().catch(() => {})
  await directory?.close()
}

// What an application hands over to be encoded may have names that no section has: ignored, they would be lost without a word.

import { EncodeError } from './errors.ts'

/** All names of a type, or it does not compile. */
export const namesOf = <T>(names: Readonly<Record<keyof T, true>>): ReadonlySet<string> => new Set(Object.keys(names))

/** Throws EncodeError unless it is an object with none but known names. Asked for each message: it makes nothing. */
export function checkNames(what: string, given: object, known: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new EncodeError(`${what}: expected an object with ${[...known].join(', ')}`)
  for (const name in given)
    if (!known.has(name)) throw new EncodeError(`${what}: unknown name "${name}"; there are ${[...known].join(', ')}`)
}

// A user as the users file has it.

import { saslprep } from '../amqp/saslprep.ts'
import { MAX_ITERATIONS, MIN_ITERATIONS, SCRAM_BYTES, type ScramMechanism } from '../amqp/scram.ts'
import type { ScramCredentials } from '../amqp/scram-credentials.ts'
import { AccessRules } from './access-rules.ts'
import type { JsonPlace } from './json-place.ts'
import { type PasswordHash, readPasswordHash } from './password-hash.ts'

/** Those whose keys a users file has. SHA-1 is not for passwords that are made now. */
export const USER_SCRAM = ['SCRAM-SHA-512', 'SCRAM-SHA-256'] as const satisfies readonly ScramMechanism[]

/** What is kept of a password, for each way to show that one knows it. */
export interface Password {
  readonly hash: PasswordHash
  readonly scram: ReadonlyMap<ScramMechanism, ScramCredentials>
}

export interface User {
  readonly name: string
  /** Undefined: comes in with a certificate only. */
  readonly password: Password | undefined
  /** Undefined: everything. */
  readonly access: AccessRules | undefined
  /** The virtual hosts that it may open, by their names here; the default one's is empty. Undefined: all. */
  readonly hosts: ReadonlySet<string> | undefined
}

/** Of JSON names in the router's files. */
const MAX_NAME_LENGTH = 100

const NAMES: ReadonlySet<string> = new Set(['scrypt', 'scram', 'access', 'hosts'])

/** What is wrong with it, as `expected …`. Names are kept as SASLprep (RFC 4013) makes them, so that each has one form. */
export function userNameDefect(name: string): string | undefined {
  if (name === '') return 'expected a user name, found nothing'
  if (name.length > MAX_NAME_LENGTH) return `expected a user name of at most ${MAX_NAME_LENGTH} characters`
  const prepared = saslprep(name)
  if (prepared === undefined)
    return 'expected a user name without control characters and others that SASLprep prohibits'
  if (prepared !== name) return `expected the user name as SASLprep (RFC 4013) writes it, which is "${prepared}"`
  return undefined
}

/** @throws RouterConfigError */
export function readUser(name: string, place: JsonPlace): User {
  const defect = userNameDefect(name)
  if (defect !== undefined) throw place.defect(defect)
  const members = place.members(NAMES)
  const [access, hosts] = [members.get('access'), members.get('hosts')]
  return {
    name,
    password: readPassword(place, members.get('scrypt'), members.get('scram')),
    access: access && AccessRules.read(access),
    hosts: hosts && new Set(hosts.items().map(hostIn)),
  }
}

/** Names of virtual hosts are kept in lower case. */
function hostIn(place: JsonPlace): string {
  const host = place.text()
  if (host !== host.toLowerCase()) throw place.defect('expected the name of a virtual host in lower case')
  return host
}

/** A client takes the strongest mechanism that is offered: a user who lacked one of them could not come in. */
function readPassword(
  user: JsonPlace,
  scrypt: JsonPlace | undefined,
  scram: JsonPlace | undefined,
): Password | undefined {
  if (!scrypt && !scram) return undefined
  if (!scrypt || !scram) throw user.defect('expected scrypt and scram, or neither: omsg passwd writes both')
  const member = scram.exactly(USER_SCRAM)
  return {
    hash: readPasswordHash(scrypt),
    scram: new Map(USER_SCRAM.map((mechanism) => [mechanism, readScram(mechanism, member(mechanism))])),
  }
}

function readScram(mechanism: ScramMechanism, place: JsonPlace): ScramCredentials {
  const member = place.exactly(['salt', 'iterations', 'storedKey', 'serverKey'])
  const length = SCRAM_BYTES[mechanism]
  return {
    salt: member('salt').bytes(8, 64),
    iterations: member('iterations').wholeNumber(MIN_ITERATIONS, MAX_ITERATIONS),
    storedKey: member('storedKey').bytes(length),
    serverKey: member('serverKey').bytes(length),
  }
}

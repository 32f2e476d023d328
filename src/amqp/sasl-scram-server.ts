// SCRAM as a server (RFC 5802, sections 3 and 5), without channel binding. Whether a user exists shows in nothing: a decoy's
// credentials are made for everybody, and who has none of their own goes the same way with it to the same refusal.

import { isUtf8 } from 'node:buffer'
import { reportDefect } from '../support/report-defect.ts'
import type { AuthenticationContext, ScramLookup } from './authentication.ts'
import { fromSaslName, readGs2Header } from './gs2-header.ts'
import { admit, refuse } from './sasl-decision.ts'
import { type Admission, FAILED, REFUSED, type ServerExchange, type ServerStep, type Soon } from './sasl-exchange.ts'
import { saslprep } from './saslprep.ts'
import {
  attributesOf,
  fromBase64,
  hash,
  hmac,
  isNonce,
  makeNonce,
  type ScramMechanism,
  sameBytes,
  xor,
} from './scram.ts'
import { checkScramCredentials, type ScramCredentials } from './scram-credentials.ts'
import type { ScramDecoy } from './scram-decoy.ts'

/** So that our answer, which repeats it, fits the specification's frame (AMQP 1.0 part 5, 5.3.1). */
const MAX_NONCE = 256

/** What the client has said first. */
interface ClientFirst {
  readonly gs2Header: string
  readonly bare: string
  readonly username: string
  readonly nonce: string
}

/** What was challenged. */
interface Challenged {
  readonly client: ClientFirst
  readonly nonce: string
  readonly message: string
  readonly credentials: ScramCredentials
  readonly known: boolean
}

export class ScramServer implements ServerExchange {
  readonly #mechanism: ScramMechanism
  readonly #lookup: ScramLookup
  readonly #decoy: ScramDecoy
  readonly #context: AuthenticationContext
  readonly #nonce: string
  #challenged: Challenged | undefined

  constructor(
    mechanism: ScramMechanism,
    lookup: ScramLookup,
    decoy: ScramDecoy,
    context: AuthenticationContext,
    nonce = makeNonce(),
  ) {
    this.#mechanism = mechanism
    this.#lookup = lookup
    this.#decoy = decoy
    this.#context = context
    this.#nonce = nonce
  }

  start(initialResponse: Buffer): Soon<ServerStep> {
    const client = readFirst(initialResponse)
    if (!client) return REFUSED
    const decoy = this.#decoy.credentialsOf(this.#mechanism, client.username)
    try {
      const found = this.#lookup(this.#mechanism, client.username, this.#context)
      if (!isThenable(found)) return this.#challenge(client, decoy, found)
      return Promise.resolve(found)
        .then((later) => this.#challenge(client, decoy, later))
        .catch(failed)
    } catch (error) {
      return failed(error)
    }
  }

  respond(response: Buffer): ServerStep {
    const challenged = this.#challenged
    this.#challenged = undefined
    return challenged ? this.#check(challenged, response) : REFUSED
  }

  #challenge(client: ClientFirst, decoy: ScramCredentials, found: ScramCredentials | null | undefined): ServerStep {
    // Many a store says null, and that a user is unknown must not look like a failure.
    const known = found !== undefined && found !== null
    if (known) checkScramCredentials(this.#mechanism, found)
    const credentials = found ?? decoy
    const nonce = client.nonce + this.#nonce
    const salt = Buffer.from(credentials.salt).toString('base64')
    const message = `r=${nonce},s=${salt},i=${credentials.iterations}`
    this.#challenged = { client, nonce, message, credentials, known }
    return { challenge: Buffer.from(message) }
  }

  #check({ client, nonce, message, credentials, known }: Challenged, response: Buffer): Admission {
    const mechanism = this.#mechanism
    const final = readFinal(response)
    if (final?.nonce !== nonce || final.binding !== Buffer.from(client.gs2Header).toString('base64')) return REFUSED
    const agreed = `${client.bare},${message},${final.unproven}`
    const signature = hmac(mechanism, credentials.storedKey, agreed)
    if (final.proof.length !== signature.length) return REFUSED
    const proven = sameBytes(hash(mechanism, xor(final.proof, signature)), credentials.storedKey)
    const ours = hmac(mechanism, credentials.serverKey, agreed).toString('base64')
    if (!proven || !known) return refuse(mechanism, client.username)
    return { ...admit(mechanism, client.username), additionalData: Buffer.from(`v=${ours}`) }
  }
}

/** `n,,n=user,r=nonce`. Undefined: it is not that, or asks for what is not there: channel binding, another identity, extensions. */
function readFirst(message: Buffer): ClientFirst | undefined {
  const text = message.toString()
  const header = isUtf8(message) ? readGs2Header(text) : undefined
  if (!header) return undefined
  const bare = text.slice(header.text.length)
  const [name, nonce] = attributesOf(bare) ?? []
  if (name?.[0] !== 'n' || nonce?.[0] !== 'r' || !isNonce(nonce[1]) || nonce[1].length > MAX_NONCE) return undefined
  const username = saslprep(fromSaslName(name[1]) ?? '')
  if (!username || (header.actsAs !== undefined && header.actsAs !== username)) return undefined
  return { gs2Header: header.text, bare, username, nonce: nonce[1] }
}

interface ClientFinal {
  readonly unproven: string
  readonly binding: string
  readonly nonce: string
  readonly proof: Buffer
}

/** `c=…,r=…,p=…`, with extensions before the proof. */
function readFinal(message: Buffer): ClientFinal | undefined {
  const text = message.toString()
  const found = attributesOf(message) ?? []
  const [binding, nonce] = found
  const last = found.at(-1)
  if (found.length < 3 || binding?.[0] !== 'c' || nonce?.[0] !== 'r' || last?.[0] !== 'p') return undefined
  const proof = fromBase64(last[1])
  return proof && { unproven: text.slice(0, text.lastIndexOf(',')), binding: binding[1], nonce: nonce[1], proof }
}

const isThenable = (value: unknown): value is PromiseLike<ScramCredentials | undefined> =>
  typeof value === 'object' && value !== null && 'then' in value

function failed(error: unknown): Admission {
  reportDefect('scramCredentials', error)
  return FAILED
}

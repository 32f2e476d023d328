// SCRAM as a client (RFC 5802, sections 3 and 5), without channel binding:
//
//   first      n,,n=user,r=nonce                         the server answers  r=nonce+its own,s=salt,i=iterations
//   proving    c=biws,r=nonce+its own,p=proof            the server answers  v=its signature
//   proven     the signature was seen, in a further challenge or with the outcome, and is the server's: only then ok is ok

import { printable, SaslError } from './errors.ts'
import { toSaslName } from './gs2-header.ts'
import type { ClientSaslOptions } from './options.ts'
import { type ClientExchange, saslFault } from './sasl-exchange.ts'
import { saslprep } from './saslprep.ts'
import {
  attributesOf,
  fromBase64,
  hmac,
  isNonce,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  makeNonce,
  type ScramMechanism,
  sameBytes,
  scramKeys,
  xor,
} from './scram.ts'

const GS2_HEADER = 'n,,'

export class ScramClient implements ClientExchange {
  readonly mechanism: ScramMechanism
  readonly sendsToken = false
  readonly #password: string
  readonly #nonce: string
  readonly #first: string
  #state: 'first' | 'proving' | 'proven' = 'first'
  /** What the server has to show; there once our proof is made. */
  #signature: Buffer | undefined

  /** Throws SaslError for a user name or password that cannot be sent. */
  constructor(mechanism: ScramMechanism, { username, password }: ClientSaslOptions, nonce = makeNonce()) {
    this.mechanism = mechanism
    this.#nonce = nonce
    this.#password = this.#prepare('password', password)
    this.#first = `n=${toSaslName(this.#prepare('user name', username))},r=${nonce}`
  }

  start(): Buffer {
    return Buffer.from(GS2_HEADER + this.#first)
  }

  async respond(challenge: Buffer): Promise<Buffer> {
    if (this.#state === 'proven') throw this.#fault('the peer sent another challenge, expected its outcome')
    if (this.#state === 'first') {
      this.#state = 'proving'
      return await this.#prove(challenge)
    }
    this.#verify(challenge)
    return Buffer.alloc(0)
  }

  finish(additionalData: Buffer | undefined): void {
    if (this.#state === 'proven') return
    if (!this.#signature) throw this.#fault('the peer said ok before it had seen a proof')
    if (!additionalData?.length)
      throw this.#fault('the peer said ok without the signature that shows that it knows the user')
    this.#verify(additionalData)
  }

  refusal(additionalData: Buffer | undefined): string | undefined {
    const [error] = attributesOf(additionalData ?? '') ?? []
    return error?.[0] === 'e' ? printable(error[1]) : undefined
  }

  stop(): void {}

  async #prove(challenge: Buffer): Promise<Buffer> {
    const { nonce, salt, iterations } = this.#readChallenge(challenge)
    const keys = await scramKeys(this.mechanism, this.#password, salt, iterations)
    const unproven = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`
    const agreed = `${this.#first},${challenge.toString()},${unproven}`
    const proof = xor(keys.clientKey, hmac(this.mechanism, keys.storedKey, agreed))
    this.#signature = hmac(this.mechanism, keys.serverKey, agreed)
    return Buffer.from(`${unproven},p=${proof.toString('base64')}`)
  }

  #readChallenge(challenge: Buffer): { nonce: string; salt: Buffer; iterations: number } {
    const [nonce, salt, iterations] = this.#attributes(challenge, 'r', 's', 'i') as [string, string, string]
    if (!isNonce(nonce) || !nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      throw this.#fault('the nonce of the peer does not begin with ours, or adds nothing to it')
    const bytes = fromBase64(salt)
    if (!bytes?.length) throw this.#fault('the salt of the peer is no base64')
    if (!/^[1-9]\d{0,9}$/.test(iterations))
      throw this.#fault(`expected a number of iterations, found "${printable(iterations)}"`)
    const count = Number(iterations)
    if (count < MIN_ITERATIONS || count > MAX_ITERATIONS)
      throw this.#fault(`the peer asks for ${count} iterations, expected ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`)
    return { nonce, salt: bytes, iterations: count }
  }

  /** `v=…`, and nothing else lets the server in. */
  #verify(message: Buffer): void {
    const [signature] = this.#attributes(message, 'v') as [string]
    const bytes = fromBase64(signature)
    if (!bytes || !this.#signature || !sameBytes(bytes, this.#signature))
      throw this.#fault('the signature of the peer is wrong: it does not know the user')
    this.#state = 'proven'
  }

  /** The values of the attributes that must come first, in that order; extensions may follow them. */
  #attributes(message: Buffer, ...names: readonly string[]): string[] {
    const found = attributesOf(message) ?? []
    const [first] = found
    if (first?.[0] === 'e')
      throw new SaslError(`the peer refused the credentials (SASL ${this.mechanism}: ${printable(first[1])})`, {
        origin: 'remote',
        condition: 'amqp:unauthorized-access',
      })
    if (first?.[0] === 'm') throw this.#fault('the peer asks for an extension that is not known here')
    if (!names.every((name, n) => found[n]?.[0] === name))
      throw this.#fault(`expected a message of the form ${names.map((name) => `${name}=`).join(',')}`)
    return names.map((_, n) => found[n]?.[1] ?? '')
  }

  #prepare(what: string, text = ''): string {
    const prepared = saslprep(text)
    if (prepared !== undefined) return prepared
    throw this.#fault(`the ${what} has a character that SASLprep (RFC 4013) prohibits`)
  }

  #fault(what: string): SaslError {
    return saslFault(this.mechanism, what)
  }
}

import { ConnectionError } from './errors.ts'
import type { TokenSource } from './options.ts'
import { describeBearerError } from './sasl-bearer.ts'
import { type ClientExchange, saslFault } from './sasl-exchange.ts'

/** A client that shows a token, and hears in a challenge why it is not taken (RFC 7628, section 3.2.3), if at all. */
export class TokenClient implements ClientExchange {
  readonly mechanism: string
  readonly sendsToken = true
  readonly #source: TokenSource
  readonly #message: (token: string) => Buffer
  readonly #answerToError: Buffer | undefined
  readonly #stopped = new AbortController()
  #token = ''
  #error: string | undefined

  /** `answerToError`: what ends an exchange that has failed; undefined: the mechanism has no challenges. */
  constructor(
    mechanism: string,
    source: TokenSource,
    message: (token: string) => Buffer,
    answerToError: Buffer | undefined,
  ) {
    this.mechanism = mechanism
    this.#source = source
    this.#message = message
    this.#answerToError = answerToError
  }

  async start(): Promise<Buffer> {
    this.#token = await this.#ask()
    return this.#message(this.#token)
  }

  respond(challenge: Buffer): Buffer {
    if (!this.#answerToError) throw saslFault(this.mechanism, 'the peer sent a challenge, expected its outcome')
    if (this.#error !== undefined) throw saslFault(this.mechanism, 'the peer sent a second challenge')
    // A peer that repeats the token to us does not get it into our logs.
    this.#error = describeBearerError(challenge, this.#token)
    return this.#answerToError
  }

  finish(): void {
    if (this.#error !== undefined)
      throw saslFault(this.mechanism, `the peer said ok after it had refused the token (${this.#error})`)
  }

  refusal(): string | undefined {
    return this.#error
  }

  stop(): void {
    this.#stopped.abort(new ConnectionError('the connection was given up', { origin: 'local' }))
  }

  /** Who gives the token may be out of reach: that is for another attempt, and no fault of the credentials. */
  async #ask(): Promise<string> {
    let token: unknown
    try {
      token = await this.#source(this.#stopped.signal)
    } catch (cause) {
      throw new ConnectionError('the token callback failed', { origin: 'local', cause })
    }
    if (typeof token !== 'string') throw saslFault(this.mechanism, 'the token callback gave no text')
    return token
  }
}

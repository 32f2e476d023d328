// What a SASL mechanism is to the handshake (RFC 4422; AMQP 1.0 part 5, 5.3): one object for one exchange, with its states
// and without I/O. Messages in, messages out, a verdict. How often the two may go to and fro is bounded by the states.

import { SASL_CODE } from '../codec/sasl-frames.ts'
import type { RefusedWith } from './authentication.ts'
import { SaslError } from './errors.ts'

/** There at once, or later. What can be had at once is not put off: the peer may have gone on without waiting. */
export type Soon<T> = T | Promise<T>

/** Goes on with a value, at once when it is there at once. */
export function whenThere<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** The client's side of one exchange. A ConnectionError that it throws or rejects with ends the connection. */
export interface ClientExchange {
  readonly mechanism: string
  /** Its messages may need frames that are larger than the specification's (part 5, 5.3.1). */
  readonly sendsToken: boolean
  /** What is said first, with the name of the mechanism. */
  start(): Soon<Buffer>
  respond(challenge: Buffer): Soon<Buffer>
  /** The peer says ok. Throws unless the exchange has come that far and the peer has shown what it must. */
  finish(additionalData: Buffer | undefined): void
  /** The peer says no: what else it has said about that, fit for printing. */
  refusal(additionalData: Buffer | undefined): string | undefined
  /** The connection has ended; what is still awaited counts no more. */
  stop(): void
}

/** The server's side of one exchange. It never throws or rejects because of what the peer sent. */
export interface ServerExchange {
  start(initialResponse: Buffer): Soon<ServerStep>
  respond(response: Buffer): Soon<ServerStep>
}

export type ServerStep = Challenge | Admission

export interface Challenge {
  readonly challenge: Buffer
}

/** What the server says to a client in the end. */
export interface Admission {
  /** The sasl-code, see SASL_CODE. */
  readonly code: number
  /** Present when the code is OK. */
  readonly identity?: Identity | undefined
  /** What the mechanism adds to an OK. */
  readonly additionalData?: Buffer | undefined
  /** Who the client said it is, when the code is not OK. */
  readonly claimed?: Identity | undefined
  /** Why not, for the mechanisms that can say so. */
  readonly refusal?: RefusedWith | undefined
}

export interface Identity {
  readonly mechanism: string
  readonly username: string | undefined
  /** The mechanisms from which a client chose that one. */
  readonly offered?: readonly string[]
}

export const REFUSED: Admission = Object.freeze({ code: SASL_CODE.AUTH })
/** Nothing is wrong with the credentials as far as we know: they could not be checked. */
export const FAILED: Admission = Object.freeze({ code: SASL_CODE.SYS_TEMP })

/** The exchange is broken, or cannot begin, as this end sees it. */
export function saslFault(mechanism: string, what: string): SaslError {
  return new SaslError(`SASL ${mechanism}: ${what}`, { origin: 'local', condition: 'amqp:unauthorized-access' })
}

/** A client that says one thing and waits for the outcome. */
export function singleMessage(mechanism: string, message: Buffer): ClientExchange {
  return {
    mechanism,
    sendsToken: false,
    start: () => message,
    respond: () => {
      throw saslFault(mechanism, 'the peer sent a challenge, expected its outcome')
    },
    finish: () => {},
    refusal: () => undefined,
    stop: () => {},
  }
}

/** A server that hears one thing and decides. */
export function singleDecision(decide: (response: Buffer) => Soon<Admission>): ServerExchange {
  return { start: decide, respond: () => REFUSED }
}

const NOTHING = Buffer.alloc(0)

/** The client has chosen and said nothing, where it is the first to speak: it is asked to (RFC 4422, section 3). */
export function askedFirst(exchange: ServerExchange): ServerExchange {
  let begun = false
  return {
    start: () => ({ challenge: NOTHING }),
    respond: (response) => {
      if (begun) return exchange.respond(response)
      begun = true
      return exchange.start(response)
    },
  }
}

// What a listener offers to a peer, and the exchange that the peer begins with its choice.

import type { SaslInit } from '../codec/sasl-frames.ts'
import type { AuthenticationContext } from './authentication.ts'
import { sendsSecret, warnOfCleartext } from './cleartext-secrets.ts'
import type { ServerSaslOptions } from './options.ts'
import { ANONYMOUS, anonymousServer } from './sasl-anonymous.ts'
import { isBearer } from './sasl-bearer.ts'
import { BearerServer } from './sasl-bearer-server.ts'
import { askedFirst, type ServerExchange } from './sasl-exchange.ts'
import { EXTERNAL, externalServer } from './sasl-external.ts'
import { PLAIN, plainServer } from './sasl-plain.ts'
import { ScramServer } from './sasl-scram-server.ts'
import { isScram } from './scram.ts'
import { ScramDecoy } from './scram-decoy.ts'

/** What a listener knows of a connection before the peer has said who it is. */
export interface PeerChannel {
  /** Address and port of the peer. */
  readonly remoteAddress: string
  /** The common name of the verified TLS client certificate. Without it there is nothing for EXTERNAL to stand on. */
  readonly subject: string | undefined
  /** Encrypted, or within this machine. */
  readonly confidential: boolean
}

/** One for a listener. */
export class SaslOffer {
  readonly #options: ServerSaslOptions
  readonly #mechanisms: readonly string[]
  readonly #decoy: ScramDecoy

  constructor(options: ServerSaslOptions) {
    this.#options = options
    this.#mechanisms = options.mechanisms ?? defaultMechanisms(options)
    this.#decoy = new ScramDecoy(options.scramDecoy)
  }

  /** Nobody is served who starts without SASL. */
  get required(): boolean {
    const { required, authenticate, scramCredentials, mechanisms = [] } = this.#options
    const external = mechanisms.includes(EXTERNAL) && !mechanisms.includes(ANONYMOUS)
    return required ?? (authenticate !== undefined || scramCredentials !== undefined || external)
  }

  mechanismsFor({ subject, confidential }: PeerChannel): readonly string[] {
    const offered = this.#mechanisms.filter((name) => name !== EXTERNAL || subject !== undefined)
    if (confidential || this.#options.allowCleartextSecrets) return offered
    const fit = offered.filter((name) => !sendsSecret(name))
    if (fit.length === 0 && offered.length > 0)
      warnOfCleartext(
        'listener',
        `a listener has nothing to offer but SASL ${offered.join(' ')}, and that not in clear text`,
      )
    return fit
  }

  /** What a peer to which nothing can be offered hears instead: what it lacks. Never a mechanism that would have it send a secret. */
  get toHint(): readonly string[] {
    return this.#mechanisms.filter((name) => name === EXTERNAL)
  }

  /** Undefined: that was not offered. */
  exchange({ mechanism, initialResponse, hostname }: SaslInit, channel: PeerChannel): ServerExchange | undefined {
    if (!this.mechanismsFor(channel).includes(mechanism)) return undefined
    const context: AuthenticationContext = { hostname, remoteAddress: channel.remoteAddress }
    const options = this.#options
    if (mechanism === ANONYMOUS) return anonymousServer(options, context)
    if (mechanism === EXTERNAL) return externalServer(options, context, channel.subject ?? '')
    // In all others the client speaks first.
    const exchange = this.#withCredentials(mechanism, context)
    return initialResponse === undefined && exchange ? askedFirst(exchange) : exchange
  }

  #withCredentials(mechanism: string, context: AuthenticationContext): ServerExchange | undefined {
    const options = this.#options
    if (isBearer(mechanism)) return new BearerServer(mechanism, options, context)
    if (isScram(mechanism) && options.scramCredentials)
      return new ScramServer(mechanism, options.scramCredentials, this.#decoy, context)
    return mechanism === PLAIN ? plainServer(options, context) : undefined
  }
}

function defaultMechanisms({ authenticate, scramCredentials }: ServerSaslOptions): readonly string[] {
  if (!authenticate && !scramCredentials) return [ANONYMOUS]
  return [...(scramCredentials ? ['SCRAM-SHA-256'] : []), ...(authenticate ? [PLAIN] : [])]
}

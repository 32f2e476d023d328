import { SASL_CODE } from '../codec/sasl-frames.ts'
import type { AuthenticationContext, RefusedWith } from './authentication.ts'
import type { ServerSaslOptions } from './options.ts'
import { type BearerMechanism, bearerErrorMessage, readBearerMessage } from './sasl-bearer.ts'
import { decide } from './sasl-decision.ts'
import { type Challenge, REFUSED, type ServerExchange, type ServerStep, type Soon, whenThere } from './sasl-exchange.ts'

/** A server that is shown a token. A refusal is told in a challenge first, and whatever is answered to that, it stays one. */
export class BearerServer implements ServerExchange {
  readonly #mechanism: BearerMechanism
  readonly #options: ServerSaslOptions
  readonly #context: AuthenticationContext

  constructor(mechanism: BearerMechanism, options: ServerSaslOptions, context: AuthenticationContext) {
    this.#mechanism = mechanism
    this.#options = options
    this.#context = context
  }

  start(initialResponse: Buffer): Soon<ServerStep> {
    const mechanism = this.#mechanism
    const credentials = readBearerMessage(mechanism, initialResponse)
    if (!credentials) return this.#error({ status: 'invalid_request' })
    const { username, token } = credentials
    const shown = { mechanism, username: username || undefined, secret: token }
    return whenThere<ServerStep, ServerStep>(decide(this.#options, shown, this.#context, 'refused'), (step) => {
      if (!('code' in step) || step.code !== SASL_CODE.AUTH) return step
      return this.#error(step.refusal ?? { status: 'invalid_token' })
    })
  }

  respond(): ServerStep {
    return REFUSED
  }

  #error(refusal: RefusedWith): Challenge {
    return { challenge: bearerErrorMessage(this.#mechanism, refusal) }
  }
}

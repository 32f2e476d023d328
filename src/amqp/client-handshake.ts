import { PROTOCOL } from '../codec/frame.ts'
import type { Performative } from '../codec/performatives.ts'
import type { SaslPerformative } from '../codec/sasl-frames.ts'
import { reportDefect } from '../support/report-defect.ts'
import { ConnectionError, SaslError } from './errors.ts'
import { type Handshake, type HandshakeWriter, unexpected, VERSION } from './handshake.ts'
import type { ClientSaslOptions } from './options.ts'
import { type ClientChannel, chooseExchange } from './sasl-choice.ts'
import type { ClientExchange, Soon } from './sasl-exchange.ts'
import { checkSaslFrameSize } from './sasl-frame-size.ts'
import { checkOutcome } from './sasl-outcome.ts'

/**
 * The peer insists on SASL although we started without, or may do so: it closed without any header. `connect` tries once more
 * with ANONYMOUS.
 */
export class SaslRequiredError extends SaslError {
  override readonly code: string = 'AMQP_SASL_REQUIRED'
}

/** Without SASL the AMQP header goes out and `done` follows at once: the Open need not wait for the peer's header. */
export class ClientHandshake implements Handshake {
  readonly #writer: HandshakeWriter
  readonly #sasl: ClientSaslOptions | undefined
  readonly #channel: ClientChannel
  /** Whose turn it is: the peer's to offer, ours to choose or to answer, or the peer's to go on. */
  #turn: 'offer' | 'choosing' | 'answering' | 'peer' | 'over' = 'offer'
  #exchange: ClientExchange | undefined
  #offered: readonly string[] = []
  #authenticated = false
  #answered = false

  constructor(writer: HandshakeWriter, sasl: ClientSaslOptions | undefined, channel: ClientChannel) {
    this.#writer = writer
    this.#sasl = sasl
    this.#channel = channel
  }

  /** The peer has sent a protocol header. */
  get answered(): boolean {
    return this.#answered
  }

  /** What it is that has not happened yet when it is not the peer that keeps us waiting. */
  get missing(): string | undefined {
    return this.#turn === 'choosing' ? 'the token callback gave no token' : undefined
  }

  start(): void {
    this.#writer.writeHeader(this.#sasl ? PROTOCOL.SASL : PROTOCOL.AMQP)
    if (!this.#sasl) this.#writer.done(undefined)
  }

  /** Our header is with the peer already. */
  onBroken(): void {
    this.stop()
  }

  stop(): void {
    this.#turn = 'over'
    this.#exchange?.stop()
  }

  onHeader(protocolId: number, version: string): void {
    this.#answered = true
    if (version !== VERSION) return this.#fail(unexpected(`the header of AMQP version ${version}`))
    const expected = this.#sasl && !this.#authenticated ? PROTOCOL.SASL : PROTOCOL.AMQP
    if (protocolId === expected) return
    if (protocolId === PROTOCOL.SASL && !this.#sasl) {
      this.#fail(
        new SaslRequiredError('the peer requires SASL', { origin: 'remote', condition: 'amqp:unauthorized-access' }),
      )
      return
    }
    this.#fail(unexpected(`the header of protocol ${protocolId}, expected ${expected},`))
  }

  onSasl(frame: Performative): void {
    const exchange = this.#exchange
    if (frame.type === 'sasl-mechanisms' && this.#turn === 'offer' && this.#sasl) {
      this.#choose(frame.saslServerMechanisms, this.#sasl)
    } else if (frame.type === 'sasl-challenge' && this.#turn === 'peer' && exchange) {
      this.#turn = 'answering'
      this.#goOn(
        () => exchange.respond(frame.challenge),
        (response) => this.#say({ type: 'sasl-response', response }, exchange),
      )
    } else if (frame.type === 'sasl-outcome' && (this.#turn === 'peer' || this.#turn === 'answering') && exchange) {
      this.#goOn(
        () => checkOutcome(frame, exchange),
        () => this.#finish(exchange),
      )
    } else {
      this.#fail(unexpected(frame.type))
    }
  }

  #choose(offered: readonly string[], sasl: ClientSaslOptions): void {
    this.#offered = offered
    this.#turn = 'choosing'
    this.#goOn(
      () => {
        this.#exchange = chooseExchange(offered, sasl, this.#channel)
        return this.#exchange.start()
      },
      (initialResponse) => {
        const exchange = this.#exchange as ClientExchange
        const { hostname } = this.#channel
        this.#say({ type: 'sasl-init', mechanism: exchange.mechanism, initialResponse, hostname }, exchange)
      },
    )
  }

  #say(frame: SaslPerformative, exchange: ClientExchange): void {
    if (!exchange.sendsToken) checkSaslFrameSize(frame, exchange.mechanism)
    this.#turn = 'peer'
    this.#writer.writeSasl(frame)
  }

  #finish({ mechanism }: ClientExchange): void {
    this.#turn = 'over'
    this.#exchange = undefined // it holds the secret
    this.#authenticated = true
    this.#writer.expectHeader()
    this.#writer.writeHeader(PROTOCOL.AMQP)
    this.#writer.done({ mechanism, username: this.#sasl?.username, offered: this.#offered })
  }

  /** Goes on with what `begin` gives, at once when it is there at once, and fails with what it throws or rejects with. */
  #goOn<T>(begin: () => Soon<T>, next: (value: T) => void): void {
    const step = (run: () => void): void => {
      try {
        if (this.#turn !== 'over') run()
      } catch (error) {
        this.#fail(error)
      }
    }
    step(() => {
      const value = begin()
      if (!(value instanceof Promise)) return next(value)
      void value.then(
        (there) => step(() => next(there)),
        (error: unknown) => step(() => this.#fail(error)),
      )
    })
  }

  #fail(error: unknown): void {
    this.stop()
    if (error instanceof ConnectionError) return this.#writer.fail(error)
    reportDefect('the SASL exchange', error)
    this.#writer.fail(new ConnectionError('the SASL exchange failed', { origin: 'local', cause: error }))
  }
}

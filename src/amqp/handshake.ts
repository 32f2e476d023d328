// What comes before the Open: protocol headers and, inside a SASL layer, who we are (AMQP 1.0 part 2, 2.2; part 5, 5.3).
// One class a side; both end with `done` or `fail`, and never touch the socket but through HandshakeWriter.

import { PROTOCOL, type ProtocolId } from '../codec/frame.ts'
import type { Performative } from '../codec/performatives.ts'
import type { SaslInit, SaslMechanisms, SaslOutcome } from '../codec/sasl-frames.ts'
import { ConnectionError, SaslError } from './errors.ts'
import type { ClientSaslOptions, ServerSaslOptions } from './options.ts'
import type { Admission, Identity } from './sasl.ts'
import { authenticate, checkOutcome, chooseMechanism, offeredMechanisms, SASL_OK } from './sasl.ts'

export interface HandshakeWriter {
  writeHeader(protocolId: ProtocolId): void
  writeSasl(frame: SaslMechanisms | SaslInit | SaslOutcome): void
  /** The next bytes of the peer are a protocol header. */
  expectHeader(): void
  done(identity: Identity | undefined): void
  /** Ends the connection; what was written before still leaves. */
  fail(error: ConnectionError): void
}

export interface Handshake {
  start(): void
  /** `version`: the only one there is, is 1.0.0. */
  onHeader(protocolId: number, version: string): void
  onSasl(frame: Performative): void
  /** What the peer sent is no AMQP. The connection ends; the handshake may still say what would be accepted. */
  onBroken(): void
}

const VERSION = '1.0.0'

/**
 * The peer insists on SASL although we started without, or may do so: it closed without any header. `connect` tries once more
 * with ANONYMOUS.
 */
export class SaslRequiredError extends SaslError {
  override readonly code: string = 'AMQP_SASL_REQUIRED'
}

const unexpected = (what: string): ConnectionError =>
  new ConnectionError(`the peer sent ${what} during the handshake`, {
    origin: 'local',
    condition: 'amqp:connection:framing-error',
  })

/** Without SASL the AMQP header goes out and `done` follows at once: the Open need not wait for the peer's header. */
export class ClientHandshake implements Handshake {
  readonly #writer: HandshakeWriter
  readonly #sasl: ClientSaslOptions | undefined
  readonly #certificate: boolean
  #mechanism: string | undefined
  #authenticated = false
  #answered = false

  /** `certificate`: TLS has one of ours. */
  constructor(writer: HandshakeWriter, sasl: ClientSaslOptions | undefined, certificate = false) {
    this.#writer = writer
    this.#sasl = sasl
    this.#certificate = certificate
  }

  /** The peer has sent a protocol header. */
  get answered(): boolean {
    return this.#answered
  }

  start(): void {
    this.#writer.writeHeader(this.#sasl ? PROTOCOL.SASL : PROTOCOL.AMQP)
    if (!this.#sasl) this.#writer.done(undefined)
  }

  onBroken(): void {} // our header is with the peer already

  onHeader(protocolId: number, version: string): void {
    this.#answered = true
    if (version !== VERSION) return this.#writer.fail(unexpected(`the header of AMQP version ${version}`))
    const expected = this.#sasl && !this.#authenticated ? PROTOCOL.SASL : PROTOCOL.AMQP
    if (protocolId === expected) return
    if (protocolId === PROTOCOL.SASL && !this.#sasl) {
      this.#writer.fail(
        new SaslRequiredError('the peer requires SASL', { origin: 'remote', condition: 'amqp:unauthorized-access' }),
      )
      return
    }
    this.#writer.fail(unexpected(`the header of protocol ${protocolId}, expected ${expected},`))
  }

  onSasl(frame: Performative): void {
    if (!this.#sasl || this.#authenticated) return this.#writer.fail(unexpected('a SASL frame'))
    try {
      if (frame.type === 'sasl-mechanisms' && this.#mechanism === undefined) {
        const init = chooseMechanism(frame.saslServerMechanisms, this.#sasl, this.#certificate)
        this.#mechanism = init.mechanism
        this.#writer.writeSasl(init)
      } else if (frame.type === 'sasl-outcome' && this.#mechanism !== undefined) {
        checkOutcome(frame, this.#mechanism)
        this.#authenticated = true
        this.#writer.expectHeader()
        this.#writer.writeHeader(PROTOCOL.AMQP)
        this.#writer.done({ mechanism: this.#mechanism, username: this.#sasl.username })
      } else {
        this.#writer.fail(unexpected(frame.type))
      }
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      this.#writer.fail(error)
    }
  }
}

/** Follows the peer: a SASL header starts SASL, an AMQP header comes in without, unless SASL is required. */
export class ServerHandshake implements Handshake {
  readonly #writer: HandshakeWriter
  readonly #sasl: ServerSaslOptions
  readonly #subject: string | undefined
  #phase: 'start' | 'sasl' | 'authenticating' | 'authenticated' | 'done' = 'start'
  #identity: Identity | undefined

  /** `subject`: the common name of the verified TLS client certificate. */
  constructor(writer: HandshakeWriter, sasl: ServerSaslOptions, subject?: string) {
    this.#writer = writer
    this.#sasl = sasl
    this.#subject = subject
  }

  start(): void {}

  onHeader(protocolId: number, version: string): void {
    const open = this.#phase === 'authenticated' || (this.#phase === 'start' && !this.#saslRequired)
    if (version !== VERSION) {
      this.onBroken()
      this.#writer.fail(unexpected(`the header of AMQP version ${version}`))
    } else if (protocolId === PROTOCOL.AMQP && open) {
      this.#phase = 'done'
      this.#writer.writeHeader(PROTOCOL.AMQP)
      this.#writer.done(this.#identity)
    } else if (protocolId === PROTOCOL.SASL && this.#phase === 'start') {
      this.#phase = 'sasl'
      this.#writer.writeHeader(PROTOCOL.SASL)
      const offered = offeredMechanisms(this.#sasl, this.#subject)
      // The list may not be empty (5.3.3.1): who lacks what the mechanisms need hears at least what they are.
      const saslServerMechanisms = [...(offered.length > 0 ? offered : (this.#sasl.mechanisms ?? []))]
      this.#writer.writeSasl({ type: 'sasl-mechanisms', saslServerMechanisms })
    } else {
      this.onBroken()
      this.#writer.fail(unexpected(`the header of protocol ${protocolId}`))
    }
  }

  /** Part 2, 2.2: answer with the header that would be accepted, then close. */
  onBroken(): void {
    if (this.#phase === 'start') this.#writer.writeHeader(this.#saslRequired ? PROTOCOL.SASL : PROTOCOL.AMQP)
  }

  onSasl(frame: Performative): void {
    if (this.#phase !== 'sasl' || frame.type !== 'sasl-init') return this.#writer.fail(unexpected(frame.type))
    this.#phase = 'authenticating'
    // No mechanism here has another step. Where the decision is there at once, the peer may even have sent its next header
    // without waiting for the outcome, as qpid-proton does with ANONYMOUS.
    this.#writer.expectHeader()
    const admission = authenticate(frame, this.#sasl, this.#subject)
    if (admission instanceof Promise) void admission.then((decided) => this.#decided(decided))
    else this.#decided(admission)
  }

  get #saslRequired(): boolean {
    const { required, authenticate: decides, mechanisms = [] } = this.#sasl
    return required ?? (decides !== undefined || (mechanisms.includes('EXTERNAL') && !mechanisms.includes('ANONYMOUS')))
  }

  #decided({ code, identity }: Admission): void {
    if (this.#phase !== 'authenticating') return
    this.#identity = identity
    this.#phase = code === SASL_OK ? 'authenticated' : 'done'
    this.#writer.writeSasl({ type: 'sasl-outcome', code, additionalData: undefined })
    if (code !== SASL_OK)
      this.#writer.fail(
        new SaslError('the credentials of the peer were refused', {
          origin: 'local',
          condition: 'amqp:unauthorized-access',
        }),
      )
  }
}

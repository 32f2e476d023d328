import { PROTOCOL } from '../codec/frame.ts'
import type { Performative } from '../codec/performatives.ts'
import { SASL_CODE, type SaslInit } from '../codec/sasl-frames.ts'
import { reportDefect } from '../support/report-defect.ts'
import { SaslError } from './errors.ts'
import { type Handshake, type HandshakeWriter, unexpected, VERSION } from './handshake.ts'
import {
  type Admission,
  FAILED,
  type Identity,
  REFUSED,
  type ServerExchange,
  type ServerStep,
  type Soon,
} from './sasl-exchange.ts'
import type { PeerChannel, SaslOffer } from './sasl-offer.ts'

const NOTHING = Buffer.alloc(0)

/** Follows the peer: a SASL header starts SASL, an AMQP header comes in without, unless SASL is required. */
export class ServerHandshake implements Handshake {
  readonly #writer: HandshakeWriter
  readonly #offer: SaslOffer
  readonly #channel: PeerChannel
  #phase: 'start' | 'offered' | 'deciding' | 'challenged' | 'authenticated' | 'done' = 'start'
  #exchange: ServerExchange | undefined
  #identity: Identity | undefined
  #claimed: Identity | undefined

  constructor(writer: HandshakeWriter, offer: SaslOffer, channel: PeerChannel) {
    this.#writer = writer
    this.#offer = offer
    this.#channel = channel
  }

  /** Who the peer said it is, when that was refused. */
  get claimed(): Identity | undefined {
    return this.#claimed
  }

  start(): void {}

  stop(): void {
    this.#phase = 'done'
  }

  onHeader(protocolId: number, version: string): void {
    const open = this.#phase === 'authenticated' || (this.#phase === 'start' && !this.#offer.required)
    if (version !== VERSION) {
      this.onBroken()
      this.#writer.fail(unexpected(`the header of AMQP version ${version}`))
    } else if (protocolId === PROTOCOL.AMQP && open) {
      this.#phase = 'done'
      this.#writer.writeHeader(PROTOCOL.AMQP)
      this.#writer.done(this.#identity)
    } else if (protocolId === PROTOCOL.SASL && this.#phase === 'start') {
      this.#phase = 'offered'
      this.#writer.writeHeader(PROTOCOL.SASL)
      this.#offerMechanisms()
    } else {
      this.onBroken()
      this.#writer.fail(unexpected(`the header of protocol ${protocolId}`))
    }
  }

  /** Part 2, 2.2: answer with the header that would be accepted, then close. */
  onBroken(): void {
    if (this.#phase === 'start') this.#writer.writeHeader(this.#offer.required ? PROTOCOL.SASL : PROTOCOL.AMQP)
    this.stop()
  }

  onSasl(frame: Performative): void {
    const exchange = this.#exchange
    if (frame.type === 'sasl-init' && this.#phase === 'offered') return this.#begin(frame)
    if (frame.type === 'sasl-response' && this.#phase === 'challenged' && exchange)
      return this.#step(() => exchange.respond(frame.response))
    this.stop()
    this.#writer.fail(unexpected(frame.type))
  }

  /** The list may not be empty (5.3.3.1): where there is nothing to offer, the connection ends behind the header. */
  #offerMechanisms(): void {
    const fitting = this.#offer.mechanismsFor(this.#channel)
    const saslServerMechanisms = fitting.length > 0 ? fitting : this.#offer.toHint
    if (saslServerMechanisms.length > 0)
      return this.#writer.writeSasl({ type: 'sasl-mechanisms', saslServerMechanisms })
    this.stop()
    const message = 'there is no SASL mechanism that could be offered to the peer'
    this.#writer.fail(new SaslError(message, { origin: 'local', condition: 'amqp:unauthorized-access' }))
  }

  #begin(init: SaslInit): void {
    const exchange = this.#offer.exchange(init, this.#channel)
    this.#exchange = exchange
    this.#step(() => exchange?.start(init.initialResponse ?? NOTHING) ?? REFUSED)
  }

  // A step that is there at once is taken at once: the peer may even have sent its next header without waiting for the
  // outcome, as qpid-proton does with ANONYMOUS.
  #step(take: () => Soon<ServerStep>): void {
    this.#phase = 'deciding'
    const step = take()
    if (!(step instanceof Promise)) return this.#taken(step)
    const failed = (error: unknown): Admission => {
      reportDefect('the SASL exchange', error)
      return FAILED
    }
    void step.catch(failed).then((later) => this.#taken(later))
  }

  #taken(step: ServerStep): void {
    if (this.#phase !== 'deciding') return
    if ('code' in step) return this.#decided(step)
    this.#phase = 'challenged'
    this.#writer.writeSasl({ type: 'sasl-challenge', challenge: step.challenge })
  }

  #decided({ code, identity, claimed, additionalData }: Admission): void {
    this.#claimed = claimed
    this.#identity = identity
    this.#exchange = undefined
    this.#phase = code === SASL_CODE.OK ? 'authenticated' : 'done'
    this.#writer.writeSasl({ type: 'sasl-outcome', code, additionalData })
    if (code === SASL_CODE.OK) return this.#writer.expectHeader()
    const what = code === SASL_CODE.AUTH ? 'were refused' : 'could not be checked'
    this.#writer.fail(
      new SaslError(`the credentials of the peer ${what}`, {
        origin: 'local',
        condition: 'amqp:unauthorized-access',
      }),
    )
  }
}

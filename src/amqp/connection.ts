// A connection: handshake, Open, sessions by channel, Close (AMQP 1.0 part 2, 2.4). Bytes are frame-transport.ts's,
// turns among senders send-scheduler.ts's, everything about links session.ts's.

import { randomUUID } from 'node:crypto'
import type { Decoder } from '../codec/decoder.ts'
import type { ErrorCondition } from '../codec/delivery-state.ts'
import { encodeHeader } from '../codec/frame.ts'
import type { Close, Open, Performative } from '../codec/performatives.ts'
import { decodePerformative } from '../codec/performatives.ts'
import type { Deadline } from '../support/deadline.ts'
import { startRealDeadline } from '../support/deadline.ts'
import { lossOf, violationOf } from './connection-failure.ts'
import { ConnectionResources } from './connection-resources.ts'
import { type ConnectionSecurity, securityOf } from './connection-security.ts'
import type { ConnectionStart } from './connection-start.ts'
import { type EndpointEvent, type EndpointState, nextEndpointState } from './endpoint-state.ts'
import {
  ConnectionError,
  describeCondition,
  LinkError,
  ProtocolViolation,
  remoteDetails,
  SessionError,
} from './errors.ts'
import { tellBackpressure, tellConnection, tellViolation } from './events.ts'
import { checkChannel, checkEmptyFrame, checkFrameType, checkSaslBody } from './frame-rules.ts'
import { frameTrace } from './frame-trace.ts'
import { FrameTransport } from './frame-transport.ts'
import type { Handshake } from './handshake.ts'
import { IdleTimeout } from './idle-timeout.ts'
import { answerLinkRequest } from './link-answer.ts'
import type { LinkRequest } from './link-request.ts'
import { openFields } from './open-fields.ts'
import type { EndpointOptions, SessionOptions } from './options.ts'
import { CONNECTION_DEFAULTS } from './options.ts'
import { OutputTurn } from './output-turn.ts'
import type { RemoteOpen } from './remote-open.ts'
import { NOT_OPEN, remoteOpenOf } from './remote-open.ts'
import type { Identity } from './sasl-exchange.ts'
import type { Session } from './session.ts'
import { SessionTable } from './session-table.ts'

export class Connection {
  /** Resolves when the connection is gone: undefined when we closed it in order, else why. Never rejects. */
  readonly closed: Promise<ConnectionError | undefined>
  /** Our container-id. */
  readonly containerId: string
  /** The other end as host and port. */
  readonly remoteAddress: string
  readonly #start: ConnectionStart
  readonly #transport: FrameTransport
  readonly #handshake: Handshake
  readonly #sessions: SessionTable
  /** @internal */ readonly resources: ConnectionResources
  /** @internal The way out. */ readonly output: OutputTurn
  #handshakeDone = false
  #identity: Identity | undefined
  #remote: RemoteOpen = NOT_OPEN
  #state: EndpointState = 'idle'
  #idle: IdleTimeout | undefined
  #error: ConnectionError | undefined
  #gone = false
  #wasOpen = false
  #endDeadline: Deadline | undefined
  #resolveClosed!: (error: ConnectionError | undefined) => void

  /** @internal */
  constructor(start: ConnectionStart) {
    this.#start = start
    this.containerId = start.containerId ?? `oslo-messaging/${randomUUID()}`
    this.remoteAddress = start.peerName
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.resources = new ConnectionResources(start)
    const { limits } = this.resources
    this.#sessions = new SessionTable(this, limits.channelMax, start.onSession)
    this.#transport = new FrameTransport(
      start.socket,
      {
        onHeader: (protocolId, version) => this.#handshake.onHeader(protocolId, version),
        onFrame: (frameType, channel, decoder) => this.#onFrame(frameType, channel, decoder),
        onEmptyFrame: (frameType) => checkEmptyFrame(frameType, this.#handshakeDone, this.#remote !== NOT_OPEN),
        onBroken: (error) => this.#violated(error),
        beforeFlush: () => this.output.finishEncoding(),
        afterFlush: () => this.output.report(),
        onDrain: () => this.#transport.scheduleFlush(),
        onEnd: () => this.#endSocket(),
        onGone: (error) => this.#onSocketGone(error),
      },
      limits,
      frameTrace(start.peerName, start.trace),
    )
    this.output = new OutputTurn(this.#transport, (event) => tellBackpressure(event, this))
    this.#handshake = start.handshake({
      writeHeader: (protocolId) => {
        encodeHeader(this.output.encoder, protocolId)
        this.#transport.scheduleFlush()
      },
      writeSasl: (frame) => this.#write(frame),
      expectHeader: () => this.#transport.reader.expectHeader(),
      done: (identity) => this.#onHandshakeDone(identity),
      fail: (error) => {
        // The handshake knows no names; of several hosts it matters which one it was.
        error.message = `${this.remoteAddress}: ${error.message}`
        this.#finishWith(error)
      },
    })
    this.#handshake.start()
  }

  /** What the peer said about itself. */
  get remote(): RemoteOpen {
    return this.#remote
  }

  /** The user that SASL established, if any. */
  get username(): string | undefined {
    return this.#identity?.username
  }

  /** TLS and SASL, as far as they are used. */
  get security(): ConnectionSecurity {
    return securityOf(this.#start.socket, this.#identity)
  }

  /** Both ends have opened and neither has closed. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Those that are begun now, by either end. */
  get sessions(): Iterable<Session> {
    return this.#sessions.values()
  }

  /** Largest message accepted, in bytes. */
  get maxMessageSize(): number {
    return this.resources.limits.maxMessageSize
  }

  /**
   * Begins a session. Resolves when the peer has begun it too.
   * Rejects with SessionError when the peer's channel-max is reached, it does not answer in time, or the connection goes.
   */
  async openSession(options: SessionOptions = {}): Promise<Session> {
    if (!this.isOpen) {
      throw new SessionError(`${this.remoteAddress}: the connection is not open`, {
        origin: 'parent',
        cause: this.#error,
      })
    }
    return await this.#sessions.open(options)
  }

  /**
   * Closes the connection in order: what was submitted under credit leaves before. Resolves when the peer has closed too, or
   * after five seconds. Idempotent; never rejects.
   */
  async close(error?: ErrorCondition): Promise<void> {
    this.#startClose(error, undefined)
    this.#limitEnd()
    await this.closed
  }

  /** Drops the connection at once, without a word to the peer. */
  abort(reason: Error): void {
    this.#error ??= new ConnectionError(`${this.remoteAddress}: ${reason.message}`, { origin: 'local', cause: reason })
    this.#transport.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @internal */
  forget(session: Session): void {
    this.#sessions.remove(session)
  }

  /** @internal */
  onLinkRequest(request: LinkRequest): void {
    answerLinkRequest(request, this.#start.onLink)
  }

  // --- handshake and Open -------------------------------------------------------------------------------------------

  #write(frame: Performative): void {
    if (!this.#gone) this.output.write(0, frame)
  }

  #onHandshakeDone(identity: Identity | undefined): void {
    this.#handshakeDone = true
    this.#transport.acceptFramesOf('opening')
    this.#identity = identity
    if (this.#start.opensFirst) this.#writeOpen()
  }

  #writeOpen(options: EndpointOptions = this.#start): void {
    this.#write(openFields(options, this.containerId, this.#start.hostname))
    this.#transition('local-open')
  }

  #onOpen(open: Open): void {
    this.#transition('remote-open')
    this.#remote = remoteOpenOf(open)
    this.#transport.acceptFramesOf('open')
    this.output.maxFrameSize = this.#remote.maxFrameSize
    this.#sessions.limitTo(open.channelMax)
    if (this.#state === 'open-received') this.#writeOpen()
    if (this.#state !== 'open') return
    this.#watchIdle(this.#remote.idleTimeoutMs)
    this.#wasOpen = true
    tellConnection('opened', this)
    this.#start.onOpened?.(this)
  }

  #watchIdle(remoteMs: number): void {
    const localMs = this.#start.idleTimeoutMs ?? CONNECTION_DEFAULTS.idleTimeoutMs
    this.#idle = new IdleTimeout(this.#transport, localMs, remoteMs, () => {
      const description = `nothing was received for ${localMs} ms`
      const condition = 'amqp:resource-limit-exceeded'
      const error = new ConnectionError(`${this.remoteAddress}: ${description}`, { origin: 'local', condition })
      this.#startClose({ condition, description }, error)
      this.#transport.flush()
      this.#transport.destroy()
    })
  }

  // --- frames -------------------------------------------------------------------------------------------------------

  #onFrame(frameType: number, channel: number, decoder: Decoder): void {
    try {
      checkFrameType(frameType, this.#handshakeDone)
      const frame = decodePerformative(decoder)
      if (this.#handshakeDone) return this.#dispatch(frame, channel, decoder)
      checkSaslBody(frame, decoder)
      this.#handshake.onSasl(frame)
    } catch (error) {
      this.#violated(error)
    }
  }

  #dispatch(frame: Performative, channel: number, decoder: Decoder): void {
    if (this.#state === 'close-sent' && frame.type !== 'close') return // discarding (2.4.6)
    checkChannel(frame, channel, this.resources.limits.channelMax)
    if (frame.type === 'open') return this.#onOpen(frame)
    if (frame.type === 'close') return this.#onClose(frame)
    if (this.#state !== 'open') {
      const message = `${frame.type} on a connection that is ${this.#state}`
      throw new ProtocolViolation('connection', 'amqp:illegal-state', message)
    }
    if (frame.type === 'begin') return this.#sessions.onBegin(frame, channel, decoder.weight)
    this.#sessions.expect(frame.type, channel).onFrame(frame, decoder)
  }

  #onClose(close: Close): void {
    const orderly = this.#state === 'close-sent'
    this.#transition('remote-close')
    if (!orderly) {
      this.#error ??= new ConnectionError(
        `${this.remoteAddress}: closed by the peer, ${describeCondition(close.error)}`,
        remoteDetails(close.error),
      )
      this.#transition('local-close')
      this.#write({ type: 'close', error: undefined })
    }
    this.#idle?.stop()
    this.#sessions.abandon(this.#error)
    this.#transport.reader.stop()
    this.#endSocket()
  }

  // --- the end ------------------------------------------------------------------------------------------------------

  #startClose(condition: ErrorCondition | undefined, error: ConnectionError | undefined): void {
    this.#error ??= error
    if (this.#gone || this.#state === 'close-sent' || this.#state === 'closed') return
    if (!nextEndpointState(this.#state, 'local-close')) {
      this.#endSocket() // no Open was sent: there is nothing to close in AMQP's terms
      return
    }
    this.#transport.flush()
    this.#transition('local-close')
    this.#write({ type: 'close', error: condition })
    // Nothing may follow the Close: who still waits is told now.
    this.#idle?.stop()
    this.#sessions.abandon(this.#error)
  }

  /** The peer broke a rule that nobody below could answer for: part 2, 2.4.3, tell it and go. */
  #violated(error: unknown): void {
    const violation = violationOf(this.remoteAddress, error)
    this.#error ??= violation.error
    tellViolation(this, new ProtocolViolation('connection', violation.told.condition, violation.told.description ?? ''))
    try {
      if (!this.#handshakeDone) this.#handshake.onBroken()
      if ((this.#handshakeDone && this.#state === 'idle') || this.#state === 'open-received') this.#writeOpen({})
      this.#startClose(violation.told, violation.error)
    } catch (unsendable) {
      this.abort(unsendable as Error) // our own Open cannot be encoded
    }
    this.#finishWith(violation.error)
  }

  #finishWith(error: ConnectionError): void {
    this.#error ??= error
    this.#transport.reader.stop()
    this.#endSocket()
  }

  #endSocket(): void {
    this.#transport.end()
    this.#limitEnd()
  }

  /** The peer may never read what is left, nor answer, nor end its side. */
  #limitEnd(): void {
    if (this.#gone) return
    this.#endDeadline ??= startRealDeadline(CONNECTION_DEFAULTS.closeTimeoutMs, () => this.#transport.destroy())
  }

  #onSocketGone(error: Error | undefined): void {
    const agreed = this.#state === 'closed' // both have closed: what the socket says after that is of no interest
    if (!agreed && (this.#state !== 'close-sent' || error))
      this.#error ??= lossOf(this.remoteAddress, this.#state, error)
    this.#gone = true
    this.#state = 'closed'
    this.#idle?.stop()
    this.#endDeadline?.cancel()
    this.#sessions.abandon(this.#error)
    const failure = new LinkError(this.#error?.message ?? `${this.remoteAddress}: the connection was closed`, {
      origin: 'parent',
      cause: this.#error,
    })
    this.output.fail(failure)
    this.#resolveClosed(this.#error)
    if (this.#wasOpen) tellConnection('closed', this, this.#error)
    this.#start.onGone?.(this, this.#error)
  }

  #transition(event: EndpointEvent): void {
    const next = nextEndpointState(this.#state, event)
    if (!next)
      throw new ProtocolViolation('connection', 'amqp:illegal-state', `${event} of a connection that is ${this.#state}`)
    this.#state = next
  }
}

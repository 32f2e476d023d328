// A session: links by name and handle, the window, and what settles (AMQP 1.0 part 2, 2.5).

import type { Decoder } from '../codec/decoder.ts'
import type { ErrorCondition, Outcome } from '../codec/delivery-state.ts'
import type { Attach, Begin, Detach, Disposition, End, Flow, Performative, Transfer } from '../codec/performatives.ts'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import { attachFields, linkName } from './attach-fields.ts'
import type { Connection } from './connection.ts'
import type { EndpointEvent, EndpointState } from './endpoint-state.ts'
import { nextEndpointState } from './endpoint-state.ts'
import { describeCondition, LinkError, ProtocolViolation, remoteDetails, SessionError } from './errors.ts'
import { tellSession, tellViolation } from './events.ts'
import type { Link } from './link.ts'
import { TOO_MANY_LINKS } from './link-count.ts'
import { LinkRequest } from './link-request.ts'
import { LinkTable, unattached } from './link-table.ts'
import { checkLinkOptions } from './option-checks.ts'
import type { LinkOptions, ReceiverOptions, SenderOptions, SessionOptions } from './options.ts'
import { CONNECTION_DEFAULTS } from './options.ts'
import { PeerAnswer } from './peer-answer.ts'
import { Receiver } from './receiver.ts'
import type { RemoteBegin } from './remote-begin.ts'
import { NOT_BEGUN, remoteBeginOf } from './remote-begin.ts'
import { Sender } from './sender.ts'
import { SessionDeliveries } from './session-deliveries.ts'
import { SessionFlow } from './session-flow.ts'
import { SessionOutgoing } from './session-outgoing.ts'
import { type LinkFlow, SessionWriter } from './session-writer.ts'

export class Session {
  readonly connection: Connection
  /** The channel on which we send. */
  readonly channel: number
  /** Resolves when the session is over: undefined when we ended it, else why. Never rejects. */
  readonly closed: Promise<SessionError | undefined>
  /** @internal */ readonly links: LinkTable
  readonly #options: SessionOptions
  readonly #flow: SessionFlow
  readonly #writer: SessionWriter
  /** @internal What of its links is unsettled. */ readonly deliveries = new SessionDeliveries()
  /** @internal What its senders share. */ readonly outgoing: SessionOutgoing
  /** @internal It is in the connection's list of those that have something to write (a look there would take ever longer). */
  awaitsWrite = false
  #remote: RemoteBegin = NOT_BEGUN
  #state: EndpointState = 'idle'
  #error: SessionError | undefined
  #finished = false
  #resolveClosed!: (error: SessionError | undefined) => void
  #answer: PeerAnswer | undefined
  #endDeadline: Deadline | undefined

  /** @internal */
  constructor(connection: Connection, channel: number, options: SessionOptions) {
    const { resources } = connection
    const { initialOutgoingId = 0 } = options
    this.connection = connection
    this.channel = channel
    this.#options = options
    this.links = new LinkTable(resources)
    this.#flow = new SessionFlow(resources.limits.incomingWindow, initialOutgoingId)
    this.#writer = new SessionWriter(this.#flow, (frame) => connection.output.write(channel, frame))
    this.outgoing = new SessionOutgoing(channel, this.#flow, this.deliveries, connection.output, initialOutgoingId)
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** What the peer said about the session. */
  get remote(): RemoteBegin {
    return this.#remote
  }

  /**
   * Attaches a link on which we send. Resolves when the peer has attached too.
   * Rejects with LinkError: refused (origin `remote`, with the condition), no answer in time, or the parent is gone; TypeError for an unknown option.
   */
  async attachSender(options: SenderOptions): Promise<Sender> {
    return await this.#attach(options, false, (name, handle) => new Sender(this, name, handle, options))
  }

  /** Attaches a link on which we receive. Settles like `attachSender`. Credit goes out with the attach. */
  async attachReceiver(options: ReceiverOptions): Promise<Receiver> {
    return await this.#attach(options, true, (name, handle) => new Receiver(this, name, handle, options))
  }

  /**
   * Ends the session and its links; what may be sent leaves before. Resolves when the peer has ended it too, or after five
   * seconds. Idempotent; never rejects.
   */
  async end(error?: ErrorCondition): Promise<void> {
    this.startEnd(error, undefined)
    await this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  // --- between connection, session and links ------------------------------------------------------------------------

  /** @internal Our Begin; the promise settles with the peer's. */
  begin(): Promise<void> {
    this.#transition('local-open')
    this.#writer.begin(undefined, this.connection.resources.limits.handleMax, this.#options)
    const what = `session ${this.channel}: the peer did not answer the begin within`
    this.#answer = new PeerAnswer(
      this.#options,
      (timeoutMs) => new SessionError(`${what} ${timeoutMs} ms`, { origin: 'local' }),
      (error) => this.startEnd(undefined, error),
    )
    return this.#answer.promise
  }

  /** @internal Our answer to the peer's Begin. */
  answerBegin(remoteChannel: number): void {
    this.#transition('local-open')
    this.#writer.begin(remoteChannel, this.connection.resources.limits.handleMax)
    tellSession('begun', this)
  }

  /** @internal */
  onBegin(begin: Begin): void {
    this.#transition('remote-open')
    this.#remote = remoteBeginOf(begin)
    this.#flow.onBegin(begin)
    this.links.limitTo(begin.handleMax)
    this.#answer?.settle(undefined)
    if (this.isOpen) tellSession('begun', this)
  }

  /** @internal Every frame of the channel but Begin. */
  onFrame(frame: Performative, decoder: Decoder): void {
    if (this.#state !== 'open' && frame.type !== 'end') return // discarding (2.5.5)
    try {
      this.#dispatch(frame, decoder)
    } catch (error) {
      if (!(error instanceof ProtocolViolation) || error.scope !== 'session') throw error
      tellViolation(this.connection, error)
      const ended = new SessionError(`session ${this.channel}: ${error.message}`, {
        origin: 'local',
        condition: error.condition,
      })
      this.startEnd({ condition: error.condition, description: error.message }, ended)
    }
  }

  /** @internal */
  startEnd(condition: ErrorCondition | undefined, error: SessionError | undefined): void {
    if (this.#finished || !nextEndpointState(this.#state, 'local-close')) return
    this.#error ??= error
    this.connection.output.finishEncoding()
    this.writePending()
    this.#transition('local-close')
    this.#writer.end(condition)
    this.#abandonLinks()
    // A peer that never answers keeps the channel (it counts on it), but nobody waits for it longer than this.
    this.#endDeadline = startDeadline(CONNECTION_DEFAULTS.closeTimeoutMs, () => this.#resolveClosed(this.#error))
  }

  /** @internal Both have ended it, or the connection is gone. Runs once. */
  finish(error: SessionError | undefined): void {
    if (this.#finished) return
    this.#finished = true
    this.#error = error
    this.#state = 'closed'
    this.#endDeadline?.cancel()
    this.connection.forget(this)
    this.#abandonLinks()
    tellSession('ended', this, error)
    this.#answer?.settle(error ?? new SessionError(`session ${this.channel} was ended`, { origin: 'local' }))
    this.#resolveClosed(error)
  }

  /** @internal The connection is gone. */
  abandon(cause: Error | undefined): void {
    const message = cause?.message ?? 'the connection was closed'
    const condition = (cause as SessionError | undefined)?.condition
    // A session that was ended before keeps its own reason, or none.
    const ended = this.#state === 'close-sent' || this.#state === 'close-pipelined'
    this.finish(ended ? this.#error : new SessionError(message, { origin: 'parent', condition, cause }))
  }

  /** @internal Our outcome for a delivery: goes out at the end of the turn, in ranges. */
  settle(id: number, outcome: Outcome, settled: boolean): void {
    this.connection.output.addSession(this, this.deliveries.settle(id, outcome, settled))
  }

  /** @internal */
  flowLater(receiver: Receiver): void {
    this.#writer.flowLater(receiver)
    this.connection.output.addSession(this)
  }

  /** @internal What was put off until the end of the turn. */
  writePending(): void {
    if (this.#state === 'open') this.#writer.pending(this.deliveries)
  }

  /** @internal */
  writeFlow(link?: LinkFlow): void {
    if (this.#state !== 'open' && this.#state !== 'open-sent') return
    this.#writer.flow(link)
  }

  /** @internal */
  writeAttach(attach: Attach): void {
    if (!this.#finished) this.#writer.attach(attach)
  }

  /** @internal What was received before is settled before the link goes. */
  writeDetach(detach: Detach): void {
    if (this.#finished || this.#state !== 'open') return
    this.connection.output.finishEncoding()
    this.writePending()
    this.#writer.detach(detach)
  }

  /** @internal A link that the peer asked for. */
  adopt(link: Link, attach: Attach): void {
    link.onRemoteAttach(attach)
    link.writeAttach(attachFields(link, this.connection.maxMessageSize))
    this.links.replace(link, attach.handle)
    link.completeAttach()
  }

  // ------------------------------------------------------------------------------------------------------------------

  async #attach<T extends Link>(
    options: LinkOptions,
    weReceive: boolean,
    make: (name: string, handle: number) => T,
  ): Promise<T> {
    checkLinkOptions(options, weReceive)
    options.signal?.throwIfAborted()
    if (!this.isOpen)
      throw new LinkError(`session ${this.channel} is not open`, { origin: 'parent', cause: this.#error })
    const name = this.links.checkName(linkName(options), weReceive)
    const handle = this.links.freeHandle()
    let link: T
    try {
      link = make(name, handle)
      link.writeAttach(attachFields(link, this.connection.maxMessageSize))
    } catch (error) {
      this.links.releaseOwn(handle)
      throw error
    }
    this.links.add(link)
    await link.whenAttached()
    return link
  }

  #dispatch(frame: Performative, decoder: Decoder): void {
    switch (frame.type) {
      case 'transfer':
        return this.#onTransfer(frame, decoder)
      case 'disposition':
        return this.#onDisposition(frame)
      case 'flow':
        return this.#onFlow(frame)
      case 'attach':
        return this.#onAttach(frame, decoder.weight)
      case 'detach':
        return this.#onDetach(frame)
      case 'end':
        return this.#onEnd(frame)
      default:
        throw new ProtocolViolation('connection', 'amqp:not-allowed', `${frame.type} on the channel of a session`)
    }
  }

  #onTransfer(transfer: Transfer, decoder: Decoder): void {
    this.#flow.transferReceived()
    const link = this.links.expect('transfer', transfer.handle)
    if (!(link instanceof Receiver)) throw unattached('transfer', transfer.handle)
    try {
      link.onTransfer(transfer, decoder)
    } catch (error) {
      if (!(error instanceof ProtocolViolation) || error.scope !== 'link') throw error
      link.violated(error)
    }
    // Unless a Flow for the link has given it already.
    if (this.#flow.worthRenewing) this.writeFlow()
  }

  #onFlow(flow: Flow): void {
    this.#flow.onFlow(flow)
    if (flow.handle !== undefined) {
      this.links.expect('flow', flow.handle).onFlow(flow)
    } else if (flow.echo) {
      this.writeFlow()
    }
    this.outgoing.windowOpened()
  }

  #onAttach(attach: Attach, weight: number): void {
    const awaited = this.links.awaiting(attach)
    if (awaited) {
      this.links.adopt(awaited, attach.handle, weight)
      awaited.onRemoteAttach(attach)
      return
    }
    const request = new LinkRequest(this, attach, this.links.handleForAnswer())
    this.links.adopt(request, attach.handle, weight)
    this.links.byName(attach.name, !attach.role)?.stolen()
    if (this.connection.resources.linkCount.exceeded) request.refuse(TOO_MANY_LINKS)
    else this.connection.onLinkRequest(request)
  }

  #onDetach(detach: Detach): void {
    const link = this.links.expect('detach', detach.handle)
    this.links.release(detach.handle)
    link.onRemoteDetach(detach)
  }

  #onDisposition(disposition: Disposition): void {
    this.deliveries.onDisposition(disposition)
    if (this.deliveries.pending) this.connection.output.addSession(this)
  }

  #onEnd(end: End): void {
    const orderly = this.#state === 'close-sent'
    this.#transition('remote-close')
    if (orderly) return this.finish(this.#error)
    this.#error = new SessionError(
      `session ${this.channel}: ended by the peer, ${describeCondition(end.error)}`,
      remoteDetails(end.error),
    )
    this.#transition('local-close')
    this.#writer.end(undefined)
    this.finish(this.#error)
  }

  #abandonLinks(): void {
    for (const link of this.links.takeAll()) link.abandon(this.#error)
    this.deliveries.clear()
  }

  #transition(event: EndpointEvent): void {
    const next = nextEndpointState(this.#state, event)
    if (!next)
      throw new ProtocolViolation('connection', 'amqp:illegal-state', `${event} of a session that is ${this.#state}`)
    this.#state = next
  }
}

// What senders and receivers share: attach, detach, and being told when it is over (AMQP 1.0 part 2, 2.6).

import type { ErrorCondition } from '../codec/delivery-state.ts'
import type { Attach, Detach, Flow } from '../codec/performatives.ts'
import type { Source, Target } from '../codec/terminus.ts'
import type { AmqpValue } from '../codec/types.ts'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import { guarded } from '../support/guarded.ts'
import { checkAttach, incompleteness } from './attach-rules.ts'
import type { Connection } from './connection.ts'
import type { EndpointEvent, EndpointState } from './endpoint-state.ts'
import { nextEndpointState } from './endpoint-state.ts'
import { describeCondition, LinkError, ProtocolViolation, printable, remoteDetails } from './errors.ts'
import { tellLink, tellViolation } from './events.ts'
import type { LinkOptions } from './options.ts'
import { CONNECTION_DEFAULTS } from './options.ts'
import { PeerAnswer } from './peer-answer.ts'
import type { Session } from './session.ts'

const NO_PROPERTIES: ReadonlyMap<string, AmqpValue> = new Map()

export abstract class Link {
  readonly session: Session
  readonly name: string
  /** What this end is. */
  abstract readonly role: 'sender' | 'receiver'
  /** The source that we named. */
  readonly source: Source | undefined
  /** The target that we named. */
  readonly target: Target | undefined
  /** Resolves when the link is gone: undefined when we detached it, else why. Never rejects. */
  readonly closed: Promise<LinkError | undefined>
  /** @internal */ readonly handle: number
  /** @internal */ readonly options: LinkOptions
  #state: EndpointState = 'idle'
  #remote: Attach | undefined
  #error: LinkError | undefined
  #finished = false
  #concluded = false
  #wasAttached = false
  #detachDeadline: Deadline | undefined
  #resolveClosed!: (error: LinkError | undefined) => void
  #answer: PeerAnswer | undefined

  constructor(session: Session, name: string, handle: number, options: LinkOptions) {
    this.session = session
    this.name = name
    this.handle = handle
    this.options = options
    const shorthand = options.address === undefined ? undefined : { address: options.address }
    this.source = options.source ?? shorthand
    this.target = options.target ?? shorthand
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  get connection(): Connection {
    return this.session.connection
  }

  /** Both ends have attached and neither has detached. */
  get isAttached(): boolean {
    return this.#state === 'open'
  }

  /** @internal Its name is taken: it is attached or about to be, or was given up and the peer may still answer it. */
  get isLive(): boolean {
    return this.#state === 'open' || this.#state === 'open-sent' || this.#state === 'close-pipelined'
  }

  /** The source as the peer answered: for a dynamic one, this holds the address. */
  get remoteSource(): Source | undefined {
    return this.#remote?.source
  }

  /** The target as the peer answered. */
  get remoteTarget(): Target | undefined {
    const target = this.#remote?.target
    return target && !('type' in target) ? target : undefined
  }

  /** The properties of the peer's attach. */
  get remoteProperties(): ReadonlyMap<string, AmqpValue> {
    return this.#remote?.properties ?? NO_PROPERTIES
  }

  /** What the peer can do on this link. */
  get remoteOfferedCapabilities(): readonly string[] {
    return this.#remote?.offeredCapabilities ?? []
  }

  /** What the peer would use if we have it. */
  get remoteDesiredCapabilities(): readonly string[] {
    return this.#remote?.desiredCapabilities ?? []
  }

  /** The largest message that the peer takes, in bytes; `Infinity`: any. */
  get remoteMaxMessageSize(): number {
    // Absent and 0 both mean that the peer sets no limit (part 2, 2.7.3; qpid-proton sends 0).
    return Number(this.#remote?.maxMessageSize ?? 0) || Number.POSITIVE_INFINITY
  }

  /** @internal The peer's attach, once it is there. */
  get remoteAttach(): Attach | undefined {
    return this.#remote
  }

  /**
   * Ends the link; with `closed: false` the terminus may survive at the peer. Resolves when the peer has answered, or after
   * five seconds without answer. Idempotent; never rejects.
   */
  async detach(options: { readonly error?: ErrorCondition; readonly closed?: boolean } = {}): Promise<void> {
    this.startDetach(options.error, options.closed ?? true, undefined)
    await this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach()
  }

  /** @internal Resolves when the peer has attached too. */
  whenAttached(): Promise<void> {
    const silent = (timeoutMs: number): LinkError => {
      const missing = this.#remote ? 'send the detach that its refusal announced' : 'answer the attach'
      const message = `${this.describe()}: the peer did not ${missing} within ${timeoutMs} ms`
      return new LinkError(message, { origin: 'local' })
    }
    this.#answer = new PeerAnswer(this.options, silent, (error) =>
      this.startDetach(undefined, true, error as LinkError | undefined),
    )
    return this.#answer.promise
  }

  /** @internal Sends our attach. */
  writeAttach(attach: Attach): void {
    this.transition('local-open')
    this.session.writeAttach(attach)
  }

  /** @internal */
  onRemoteAttach(attach: Attach): void {
    checkAttach(attach)
    this.transition('remote-open')
    this.#remote = attach
    // close-sent: we have given it up meanwhile. open-received: the peer asked for it, our answer follows.
    if (this.#state === 'open' && !this.#refused(attach)) this.completeAttach()
  }

  /** @internal Both ends have attached. */
  completeAttach(): void {
    const attach = this.#remote as Attach
    const incomplete = incompleteness(attach)
    if (incomplete) return this.violated(incomplete)
    this.attached(attach)
    this.#wasAttached = true
    tellLink('attached', this)
    this.#answer?.settle(undefined)
  }

  /** @internal */
  onRemoteDetach(detach: Detach): void {
    const orderly = this.#state === 'close-sent'
    this.transition('remote-close')
    if (!orderly) {
      const what = this.#remote && !this.#refused(this.#remote) ? 'detached' : 'refused'
      this.#error = new LinkError(
        `${this.describe()}: ${what} by the peer, ${describeCondition(detach.error)}`,
        remoteDetails(detach.error),
      )
      this.transition('local-close')
      this.session.writeDetach({ type: 'detach', handle: this.handle, closed: detach.closed, error: undefined })
    }
    this.finish(this.#error)
  }

  /** @internal The session or connection below is gone. */
  abandon(cause: Error | undefined): void {
    // A link that was detached before keeps its own reason, or none.
    if (this.#state === 'close-sent' || this.#state === 'close-pipelined') return this.finish(this.#error)
    this.#error ??= new LinkError(`${this.describe()}: ${cause?.message ?? 'its session was ended'}`, {
      origin: 'parent',
      condition: (cause as LinkError | undefined)?.condition,
      cause,
    })
    this.finish(this.#error)
  }

  /** @internal Sends our detach once; `error` is what those who wait are told. */
  startDetach(condition: ErrorCondition | undefined, closed: boolean, error: LinkError | undefined): void {
    if (this.#finished || !nextEndpointState(this.#state, 'local-close')) return
    this.#error ??= error
    this.session.writeDetach({ type: 'detach', handle: this.handle, closed, error: condition })
    this.transition('local-close')
    this.stopped()
    // A peer that never answers keeps the handle (it counts on it), but nobody waits for it longer than this.
    this.#detachDeadline = startDeadline(CONNECTION_DEFAULTS.closeTimeoutMs, () => this.#conclude(this.#error))
  }

  /** @internal The peer attaches a link of this name anew (part 2, 2.6.1): the new one replaces this one. */
  stolen(): void {
    if (!this.isAttached) return
    const description = 'the peer attached a link of the same name'
    const error = new LinkError(`${this.describe()}: ${description}`, {
      origin: 'remote',
      condition: 'amqp:link:stolen',
    })
    this.startDetach({ condition: 'amqp:link:stolen', description }, true, error)
  }

  /** @internal The peer broke a rule of this link. */
  violated(violation: ProtocolViolation): void {
    tellViolation(this.connection, violation)
    const error = new LinkError(`${this.describe()}: ${violation.message}`, {
      origin: 'local',
      condition: violation.condition,
    })
    this.startDetach({ condition: violation.condition, description: violation.message }, true, error)
  }

  /** @internal Both have detached, or the session is gone. Runs once. */
  finish(error: LinkError | undefined): void {
    if (this.#finished) return
    this.#finished = true
    this.#error = error
    this.#state = 'closed'
    this.#detachDeadline?.cancel()
    this.session.links.remove(this)
    this.stopped()
    this.#answer?.settle(error ?? this.goneError())
    this.#conclude(error)
  }

  /** Tells who waits for the end of it, once. */
  #conclude(error: LinkError | undefined): void {
    if (this.#concluded) return
    this.#concluded = true
    this.#resolveClosed(error)
    tellLink(this.#wasAttached ? 'detached' : 'refused', this, error)
    guarded(`onClosed of ${this.describe()}`, () => this.options.onClosed?.(error))
  }

  /** @internal Why nothing more goes over this link. */
  goneError(): LinkError {
    return this.#error ?? new LinkError(`${this.describe()}: it is detached`, { origin: 'local' })
  }

  /** @internal `receiver "name" from "address"`. */
  describe(): string {
    const address = this.role === 'sender' ? this.target?.address : this.source?.address
    const where =
      typeof address === 'string'
        ? `${this.role === 'sender' ? 'to' : 'from'} "${printable(address)}"`
        : `"${printable(this.name)}"`
    return `${this.role} ${where}`
  }

  /** @internal */
  transition(event: EndpointEvent): void {
    const next = nextEndpointState(this.#state, event)
    if (!next) {
      throw new ProtocolViolation('session', 'amqp:illegal-state', `${event} of a link that is ${this.#state}`)
    }
    this.#state = next
  }

  /** @internal Both ends have attached. */
  protected abstract attached(attach: Attach): void

  /** @internal Nothing more can be sent or received: whatever waits must be told. May be called twice. */
  protected abstract stopped(): void

  /** @internal */
  abstract onFlow(flow: Flow): void

  /** A refused link is attached without the terminus that the peer should have, and detached with the reason (part 2, 2.6.3). */
  #refused(attach: Attach): boolean {
    return this.role === 'sender'
      ? attach.target === undefined && this.target !== undefined
      : attach.source === undefined
  }
}

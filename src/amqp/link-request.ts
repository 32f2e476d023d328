import type { ErrorCondition } from '../codec/delivery-state.ts'
import type { Attach, Detach, Flow } from '../codec/performatives.ts'
import type { Coordinator, Source, Target } from '../codec/terminus.ts'
import type { AmqpValue } from '../codec/types.ts'
import { checkAttach } from './attach-rules.ts'
import type { Connection } from './connection.ts'
import { LinkError, printable, SessionError } from './errors.ts'
import type { Link } from './link.ts'
import { PAIRED } from './link-pair.ts'
import { checkLinkOptions } from './option-checks.ts'
import type { LinkOptions, ReceiverOptions, SenderOptions } from './options.ts'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import type { Session } from './session.ts'
import { FRAME_SIZE_TOO_SMALL } from './write-frame.ts'

/** The peer attaches a link: accept it or refuse it, exactly once, at once or later. */
export class LinkRequest {
  readonly session: Session
  readonly #attach: Attach
  /** Ours, kept from the beginning: an attach that came can be answered. */
  readonly #handle: number
  #answered = false
  #takenBack = false
  #refusal: ErrorCondition | undefined
  /** A peer may grant credit, or ask for an echo, without waiting for our attach: the last Flow holds. */
  #flow: Flow | undefined

  /** `handle`: ours, which belongs to this request until the peer has detached or a link has taken it over. */
  constructor(session: Session, attach: Attach, handle: number) {
    checkAttach(attach)
    this.session = session
    this.#attach = attach
    this.#handle = handle
  }

  get connection(): Connection {
    return this.session.connection
  }

  /** The name of the link, which is the peer's to choose. */
  get name(): string {
    return this.#attach.name
  }

  /** What the peer is. */
  get role(): 'sender' | 'receiver' {
    return this.#attach.role ? 'receiver' : 'sender'
  }

  /** Where messages should come from. */
  get source(): Source | undefined {
    return this.#attach.source
  }

  /** Where messages should go. A coordinator asks for transactions, which this layer does not have. */
  get target(): Target | Coordinator | undefined {
    return this.#attach.target
  }

  /** What the peer says about the link. */
  get properties(): ReadonlyMap<string, AmqpValue> | undefined {
    return this.#attach.properties
  }

  /** How the sender sends: 0 unsettled, 1 settled, 2 either (part 2, 2.8.2). */
  get sndSettleMode(): number {
    return this.#attach.sndSettleMode
  }

  /** Who settles first: 0 the receiver, 1 the sender (part 2, 2.8.3). */
  get rcvSettleMode(): number {
    return this.#attach.rcvSettleMode
  }

  /** The largest message that the peer takes, in bytes; undefined or 0: any. */
  get maxMessageSize(): number | bigint | undefined {
    return this.#attach.maxMessageSize
  }

  /** What the peer would use if we have it. */
  get desiredCapabilities(): readonly string[] {
    return this.#attach.desiredCapabilities ?? []
  }

  /** The node that is meant here: the address of the target when the peer sends, of the source when it receives. */
  get address(): string | undefined {
    const { role, source, target } = this.#attach
    if (role) return source?.address
    return target && 'address' in target ? target.address : undefined
  }

  /** It is one of two links of one name, one in each direction, that belong together. */
  get paired(): boolean {
    return this.#attach.properties?.get(PAIRED) === true
  }

  /** It was accepted or refused, or the peer has withdrawn it. */
  get answered(): boolean {
    return this.#answered
  }

  /** Why it was refused; undefined: it was not, or not yet. */
  get refusal(): ErrorCondition | undefined {
    return this.#refusal
  }

  /** @internal There is nobody to answer any more. */
  get withdrawn(): boolean {
    return this.#takenBack || !this.session.isOpen
  }

  /** The peer sends, we receive. What is not said is as the peer asks. Throws LinkError when it was answered before. */
  acceptReceiver(options: ReceiverOptions = {}): Receiver {
    checkLinkOptions(options, true)
    this.#answer('sender')
    this.#expectTerminus(options.target, options)
    const receiver = this.#adopt((handle) => new Receiver(this.session, this.name, handle, this.#complete(options)))
    if (this.#flow) receiver.onFlow(this.#flow) // it may ask for an echo
    return receiver
  }

  /** The peer receives, we send. Like `acceptReceiver`. */
  acceptSender(options: SenderOptions = {}): Sender {
    checkLinkOptions(options, false)
    this.#answer('receiver')
    this.#expectTerminus(options.source, options)
    const sender = this.#adopt((handle) => new Sender(this.session, this.name, handle, this.#complete(options)))
    if (this.#flow) sender.onFlow(this.#flow)
    return sender
  }

  /** Answers without the terminus that the peer wants, and detaches with the reason (AMQP 1.0 part 2, 2.6.3). */
  refuse(error: ErrorCondition): void {
    this.#answer(this.role)
    this.#writeRefusal(error)
  }

  /** @internal For a handler that threw: whatever state it left. */
  refuseUnanswered(error: ErrorCondition): void {
    if (!this.#answered && this.session.isOpen) this.refuse(error)
  }

  /** @internal */
  onFlow(flow: Flow): void {
    if (!this.#answered) this.#flow = { ...flow, properties: undefined } // nobody asks for them, and they may be large
  }

  /** @internal The peer has changed its mind; the attach is answered all the same. */
  onRemoteDetach(detach: Detach): void {
    void detach
    this.#takenBack = true
    if (!this.#answered) {
      this.#answered = true
      this.#writeRefusal(undefined)
    }
    this.session.links.releaseOwn(this.#handle)
  }

  #answer(role: 'sender' | 'receiver'): void {
    if (this.#answered)
      throw new LinkError(`the attach of "${this.name}" was answered already, or the peer has withdrawn it`, {
        origin: 'local',
      })
    if (!this.session.isOpen) throw new LinkError(`the session of "${this.name}" is over`, { origin: 'parent' })
    if (role !== this.role) throw new LinkError(`the peer attached "${this.name}" as ${this.role}`, { origin: 'local' })
    this.#answered = true
  }

  /** What is not said otherwise is as the peer asks. */
  #complete<T extends LinkOptions>(options: T): T {
    const { source, target, sndSettleMode, rcvSettleMode } = this.#attach
    const asked = target && 'type' in target ? undefined : target
    return {
      ...options,
      source: options.source ?? source,
      target: options.target ?? asked,
      sndSettleMode: options.sndSettleMode ?? sndSettleMode,
      rcvSettleMode: options.rcvSettleMode ?? rcvSettleMode,
      name: this.name,
    }
  }

  /**
   * An accepted link has a terminus at our end: without one the answer would be a refusal (2.6.3). What the peer names does, but not
   * what it leaves for us to say.
   */
  #expectTerminus(given: Source | Target | undefined, { address }: LinkOptions): void {
    if (given) return
    const asked = this.role === 'sender' ? this.target : this.source
    const error = unnamed(this.role === 'sender' ? 'target' : 'source', asked, address)
    if (!error) return
    this.#takenBack = true // nobody's defect: it is answered with that
    this.#writeRefusal(error)
    throw new LinkError(`the attach of "${printable(this.name)}": ${error.description}`, { origin: 'local', ...error })
  }

  #adopt<T extends Link>(make: (handle: number) => T): T {
    try {
      const link = make(this.#handle)
      this.session.adopt(link, this.#attach)
      return link
    } catch (error) {
      // Our attach could not be made or encoded: the peer must hear something all the same.
      this.#writeRefusal({ condition: 'amqp:internal-error', description: 'the link could not be made' })
      throw error
    }
  }

  #writeRefusal(error: ErrorCondition | undefined): void {
    this.#refusal = error
    if (this.#writeAnswer()) this.session.writeDetach({ type: 'detach', handle: this.#handle, closed: true, error })
  }

  /** The attach without our terminus. A peer whose frames are too small even for that gets no answer: the session ends. */
  #writeAnswer(): boolean {
    const peerSends = this.role === 'sender'
    const answer: Attach = {
      ...this.#attach,
      handle: this.#handle,
      role: peerSends,
      source: peerSends ? this.#attach.source : undefined,
      target: peerSends ? undefined : this.#attach.target,
      unsettled: undefined,
      incompleteUnsettled: false,
      initialDeliveryCount: peerSends ? undefined : 0,
      offeredCapabilities: undefined,
      desiredCapabilities: undefined,
      properties: undefined,
    }
    try {
      this.session.writeAttach(answer)
      return true
    } catch (cause) {
      const description = 'the answer to an attach does not fit into a frame that the peer takes'
      const condition = FRAME_SIZE_TOO_SMALL
      const error = new SessionError(description, { origin: 'local', condition, cause })
      this.session.startEnd({ condition, description }, error)
      return false
    }
  }
}

/** Why a terminus that the peer asks for cannot be ours as it is. `address`: what else it could be. */
function unnamed(
  what: 'source' | 'target',
  asked: Source | Target | Coordinator | undefined,
  address: string | undefined,
): (ErrorCondition & { readonly description: string }) | undefined {
  if (asked && 'type' in asked)
    return { condition: 'amqp:not-implemented', description: `attach.${what}: there are no transactions here` }
  if (asked?.dynamic && asked.address === undefined)
    return { condition: 'amqp:not-implemented', description: `attach.${what}: no dynamic node was made` }
  if (asked || address !== undefined) return undefined
  return { condition: 'amqp:invalid-field', description: `attach.${what}: expected one, found none` }
}

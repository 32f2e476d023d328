import type { ErrorCondition } from '../codec/delivery-state.ts'
import type { Attach, Detach, Flow } from '../codec/performatives.ts'
import type { Coordinator, Source, Target } from '../codec/terminus.ts'
import type { AmqpValue } from '../codec/types.ts'
import type { Connection } from './connection.ts'
import { LinkError } from './errors.ts'
import type { RemoteEnd } from './link-table.ts'
import type { ReceiverOptions, SenderOptions } from './options.ts'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import type { Session } from './session.ts'

/** The peer attaches a link: accept it or refuse it, exactly once, at once or later. */
export class LinkRequest implements RemoteEnd {
  readonly session: Session
  readonly #attach: Attach
  #answered = false
  /** A peer may grant credit without waiting for our attach: the last Flow holds. */
  #flow: Flow | undefined

  constructor(session: Session, attach: Attach) {
    this.session = session
    this.#attach = attach
  }

  get connection(): Connection {
    return this.session.connection
  }

  get name(): string {
    return this.#attach.name
  }

  /** What the peer is. */
  get role(): 'sender' | 'receiver' {
    return this.#attach.role ? 'receiver' : 'sender'
  }

  get source(): Source | undefined {
    return this.#attach.source
  }

  /** A coordinator asks for transactions, which this layer does not have. */
  get target(): Target | Coordinator | undefined {
    return this.#attach.target
  }

  get properties(): ReadonlyMap<string, AmqpValue> | undefined {
    return this.#attach.properties
  }

  get sndSettleMode(): number {
    return this.#attach.sndSettleMode
  }

  get rcvSettleMode(): number {
    return this.#attach.rcvSettleMode
  }

  get maxMessageSize(): number | bigint | undefined {
    return this.#attach.maxMessageSize
  }

  get desiredCapabilities(): readonly string[] {
    return this.#attach.desiredCapabilities ?? []
  }

  get answered(): boolean {
    return this.#answered
  }

  /** The peer sends, we receive. Source and target default to what the peer named. */
  acceptReceiver(options: ReceiverOptions): Receiver {
    this.#answer('sender')
    const receiver = new Receiver(this.session, this.name, this.session.freeHandle(), {
      ...this.#termini(),
      ...options,
      name: this.name,
    })
    this.session.adopt(receiver, this.#attach)
    return receiver
  }

  /** The peer receives, we send. */
  acceptSender(options: SenderOptions): Sender {
    this.#answer('receiver')
    const sender = new Sender(this.session, this.name, this.session.freeHandle(), {
      ...this.#termini(),
      ...options,
      name: this.name,
    })
    this.session.adopt(sender, this.#attach)
    if (this.#flow) sender.onFlow(this.#flow)
    return sender
  }

  /** Answers without the terminus that the peer wants, and detaches with the reason (AMQP 1.0 part 2, 2.6.3). */
  refuse(error: ErrorCondition): void {
    this.#answer(this.role)
    this.#writeRefusal(error)
  }

  /** @internal */
  onFlow(flow: Flow): void {
    this.#flow = flow
  }

  /** @internal The peer has changed its mind; the attach is answered all the same. */
  onRemoteDetach(detach: Detach): void {
    void detach
    if (this.#answered) return // the answer to our refusal
    this.#answered = true
    this.#writeRefusal(undefined)
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

  #termini(): { source: Source | undefined; target: Target | undefined } {
    const { source, target } = this.#attach
    return { source, target: target && 'type' in target ? undefined : target }
  }

  #writeRefusal(error: ErrorCondition | undefined): void {
    const handle = this.session.freeHandle()
    const peerSends = this.role === 'sender'
    this.session.writeAttach({
      ...this.#attach,
      handle,
      role: peerSends,
      source: peerSends ? this.#attach.source : undefined,
      target: peerSends ? undefined : this.#attach.target,
      unsettled: undefined,
      initialDeliveryCount: peerSends ? undefined : 0,
      offeredCapabilities: undefined,
      desiredCapabilities: undefined,
      properties: undefined,
    })
    this.session.writeDetach({ type: 'detach', handle, closed: true, error })
    this.session.releaseHandle(handle)
  }
}

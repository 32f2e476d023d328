// The receiving end of a link: grants credit, joins the frames of a message, hands deliveries over, settles them
// (AMQP 1.0 part 2, 2.6.7 flow control, 2.6.14 messages in several frames).

import type { Decoder } from '../codec/decoder.ts'
import type { Outcome } from '../codec/delivery-state.ts'
import type { Attach, Flow, Transfer } from '../codec/performatives.ts'
import { startDeadline } from '../support/deadline.ts'
import { Fifo } from '../support/fifo.ts'
import { watchRejection } from '../support/guarded.ts'
import { reportDefect } from '../support/report-defect.ts'
import { topUp } from './credit.ts'
import { Delivery } from './delivery.ts'
import { LinkError, ProtocolViolation } from './errors.ts'
import { IncomingTransfer } from './incoming-transfer.ts'
import { Link } from './link.ts'
import type { ReceiverOptions } from './options.ts'
import { LINK_DEFAULTS } from './options.ts'
import { serialAdd, serialDiff } from './serial-number.ts'
import type { Session } from './session.ts'

export class Receiver extends Link {
  readonly role = 'receiver'
  readonly #options: ReceiverOptions
  readonly #window: number
  readonly #maxMessageSize: number
  /** Unsettled deliveries, which the session has by id: bounded by the credit granted. */
  readonly #unsettled = new Fifo<Delivery>()
  #incoming: IncomingTransfer | undefined
  #credit = 0
  #deliveryCount = 0
  #flowDirty = false
  /** Credit that was taken back, and that the peer may have used before it heard of it. */
  #withdrawn = 0
  /** Messages that came without credit since it was granted last: see `ReceiverOptions.overdraft`. */
  #overdrawn = 0
  readonly #drainWaiters = new Set<() => void>()
  /** Deliveries for the asynchronous iterator: bounded by the credit granted. */
  #buffered: Delivery[] = []
  /** Those of them that are settled, and so are not counted as unsettled. */
  #bufferedSettled = 0
  /** We settle at once; else (rcv-settle-mode second) the peer settles after it has heard our outcome. */
  readonly #settlesFirst: boolean
  #pulled: ((result: IteratorResult<Delivery, undefined>) => void) | undefined

  constructor(session: Session, name: string, handle: number, options: ReceiverOptions) {
    super(session, name, handle, options)
    this.#options = options
    this.#window = checkCredit('creditWindow', options.creditWindow ?? LINK_DEFAULTS.creditWindow)
    checkCredit('overdraft', options.overdraft ?? 0)
    // 0 goes out as such in the attach, where it means no limit.
    this.#maxMessageSize = (options.maxMessageSize ?? session.connection.maxMessageSize) || Number.POSITIVE_INFINITY
    this.#settlesFirst = (options.rcvSettleMode ?? 0) === 0
  }

  /** Messages that the peer may still send. */
  get credit(): number {
    return this.#credit
  }

  /** Deliveries handed over and not settled. */
  get unsettled(): number {
    return this.#unsettled.size
  }

  /** Grants `count` more messages. The peer hears of it at the end of this turn of the event loop, behind what is sent in it. */
  addCredit(count: number): void {
    this.#credit = checkCredit('credit', this.#credit + checkCredit('credit to add', count))
    if (count > 0) this.#granted()
  }

  /** What has been granted in this turn goes out now, ahead of what is sent from here on: for who asks for an answer. */
  flushCredit(): void {
    this.writePendingFlow()
  }

  /**
   * Takes back what credit is left. What the peer has sent, or sends before it hears of this, is still received.
   * It is granted anew with `addCredit`, so this is for links without a credit window.
   */
  withdrawCredit(): void {
    if (this.#credit === 0) return
    this.#withdrawn = Math.max(this.#withdrawn, this.#credit)
    this.#credit = 0
    this.#markFlow()
  }

  /**
   * Asks the peer to send what it has now, or to give the credit back. Resolves when no credit is left, or after
   * `timeoutMs`, or when the link is gone; never rejects. Do not combine with a credit window.
   */
  async drain(timeoutMs: number = LINK_DEFAULTS.timeoutMs): Promise<void> {
    if (this.#credit === 0 || !this.isAttached) return
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#drainWaiters.delete(finish)
        deadline.cancel()
        resolve()
      }
      const deadline = startDeadline(timeoutMs, () => {
        finish()
        if (this.#drainWaiters.size > 0 || !this.isAttached) return
        this.#markFlow() // the peer must not think that it is drained for ever
        this.#replenish()
      })
      this.#drainWaiters.add(finish)
      this.#writeFlow()
    })
  }

  /** Deliveries in order, for as long as the link lives. Credit is the backpressure: settle to get more. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Delivery, void, undefined> {
    for (;;) {
      const next = await this.#pull()
      if (next.done) return
      yield next.value
    }
  }

  /** @internal The outcome of a delivery. */
  settle(delivery: Delivery, outcome: Outcome): void {
    if (delivery.fifo !== this.#unsettled) return
    this.session.settle(delivery.id, outcome, delivery.settlesFirst)
    if (!delivery.settlesFirst) return // it is held until the peer has settled it
    this.#letGo(delivery)
    delivery.settledByUs()
    this.#replenish()
  }

  /** @internal */
  onTransfer(transfer: Transfer, decoder: Decoder): void {
    if (!this.isAttached) return // we have detached: what was on its way is dropped, the peer learns it from the detach
    const incoming = this.#incoming ?? this.#beginTransfer(transfer)
    if (transfer.aborted) {
      incoming.expectSame(transfer)
      return this.#dropIncoming(incoming)
    }
    const last = !transfer.more
    const payload = incoming.take(transfer, decoder, last, this.#maxMessageSize)
    if (!last) {
      this.#incoming = incoming
      return
    }
    if (incoming.resumed) return this.#dropIncoming(incoming)
    this.#incoming = undefined
    incoming.release()
    if (!incoming.settled) this.#expectFree(incoming.deliveryId) // another link may have used it meanwhile
    this.#deliver(new Delivery(this, incoming, payload))
    if (this.#credit === 0) this.#drained()
  }

  /** @internal The peer has settled a delivery. */
  onSettledByPeer(delivery: Delivery): void {
    this.#letGo(delivery)
    if (delivery.buffered) this.#bufferedSettled += 1 // it still takes a place until it is handed out
    this.#replenish()
    delivery.settledByPeer()
  }

  /** @internal The sender's view: it has used up credit when it drained. */
  onFlow(flow: Flow): void {
    if (flow.deliveryCount !== undefined) {
      const used = serialDiff(flow.deliveryCount, this.#deliveryCount)
      if (used > 0) {
        this.#deliveryCount = flow.deliveryCount
        this.#credit = Math.max(0, this.#credit - used)
      }
    }
    if (this.#credit === 0 || flow.drain) this.#drained()
    if (flow.echo) this.#markFlow()
  }

  /** @internal */
  writePendingFlow(): void {
    if (this.#flowDirty && this.isAttached) this.#writeFlow()
  }

  protected override attached(attach: Attach): void {
    this.#deliveryCount = attach.initialDeliveryCount ?? 0
    if (this.#credit > 0) this.#markFlow()
    this.#replenish()
  }

  protected override stopped(): void {
    this.#credit = 0
    this.#incoming?.release()
    this.#incoming = undefined
    // What is not settled is the peer's again; what is settled is still the iterator's to hand out.
    for (let held = this.#unsettled.first; held; held = this.#unsettled.first) this.#letGo(held)
    this.#buffered = this.#buffered.filter((delivery) => delivery.settled)
    this.#drained()
    this.#pulled?.({ done: true, value: undefined })
    this.#pulled = undefined
  }

  #beginTransfer(transfer: Transfer): IncomingTransfer {
    const paid = this.#credit > 0 || this.#withdrawn > 0
    if (!paid && this.#overdrawn >= (this.#options.overdraft ?? 0)) {
      throw new ProtocolViolation('link', 'amqp:link:transfer-limit-exceeded', 'a transfer without credit')
    }
    const incoming = new IncomingTransfer(transfer, this.connection.resources.joinBudget, this.#settlesFirst)
    this.#expectFree(incoming.deliveryId)
    if (this.#credit > 0) this.#credit -= 1
    else if (paid) this.#withdrawn -= 1
    else this.#overdrawn += 1
    this.#deliveryCount = serialAdd(this.#deliveryCount, 1)
    return incoming
  }

  #expectFree(deliveryId: number): void {
    if (!this.session.deliveries.holds(deliveryId)) return
    const message = `transfer.delivery-id: ${deliveryId} is in use by an unsettled delivery`
    throw new ProtocolViolation('session', 'amqp:invalid-field', message)
  }

  /** It counts, but nobody gets it. */
  #dropIncoming(incoming: IncomingTransfer): void {
    this.#incoming = undefined
    incoming.release()
    this.#replenish()
    if (this.#credit === 0) this.#drained()
  }

  #deliver(delivery: Delivery): void {
    if (!delivery.settled) {
      this.#unsettled.push(delivery)
      this.session.deliveries.hold(delivery)
    }
    const { onDelivery } = this.#options
    if (onDelivery) {
      try {
        const result: unknown = onDelivery(delivery)
        if (result instanceof Promise) void watchRejection(`onDelivery of ${this.describe()}`, result)
      } catch (error) {
        reportDefect(`onDelivery of ${this.describe()}`, error)
      }
    } else if (this.#pulled) {
      const pulled = this.#pulled
      this.#pulled = undefined
      pulled({ done: false, value: delivery })
    } else {
      this.#buffered.push(delivery)
      delivery.buffered = true
      if (delivery.settled) this.#bufferedSettled += 1
      return
    }
    if (delivery.settled) this.#replenish()
  }

  #letGo(delivery: Delivery): void {
    this.#unsettled.remove(delivery)
    this.session.deliveries.release(delivery.id)
  }

  #pull(): Promise<IteratorResult<Delivery, undefined>> {
    const next = this.#buffered.shift()
    if (next) {
      next.buffered = false
      if (next.settled) {
        this.#bufferedSettled -= 1
        this.#replenish()
      }
      return Promise.resolve({ done: false, value: next })
    }
    if (!this.isAttached) return Promise.resolve({ done: true, value: undefined })
    if (this.#pulled)
      return Promise.reject(new LinkError(`${this.describe()}: it is being iterated already`, { origin: 'local' }))
    return new Promise((resolve) => {
      this.#pulled = resolve
    })
  }

  #replenish(): void {
    if (this.#window === 0 || !this.isAttached || this.#drainWaiters.size > 0) return
    const incoming = this.#incoming ? 1 : 0 // has used its credit, and will be held
    const credit = topUp(this.#window, this.#credit, this.#unsettled.size + this.#bufferedSettled + incoming)
    if (credit === undefined) return
    this.#credit = credit
    this.#granted()
  }

  #granted(): void {
    this.#overdrawn = 0
    this.#markFlow()
  }

  #markFlow(): void {
    if (this.#flowDirty) return
    this.#flowDirty = true
    this.session.flowLater(this)
  }

  #writeFlow(): void {
    this.#flowDirty = false
    this.session.writeFlow({
      handle: this.handle,
      deliveryCount: this.#deliveryCount,
      linkCredit: this.#credit,
      available: undefined,
      drain: this.#drainWaiters.size > 0,
      echo: false,
    })
  }

  #drained(): void {
    if (this.#drainWaiters.size > 0) for (const finish of [...this.#drainWaiters]) finish()
  }
}

/** Credit is a uint, and one that wraps must be told from one that is behind. */
const MAX_CREDIT = 0x7fffffff

function checkCredit(what: string, credit: number): number {
  if (Number.isInteger(credit) && credit >= 0 && credit <= MAX_CREDIT) return credit
  throw new RangeError(`${what}: expected a whole number from 0 to ${MAX_CREDIT}, got ${credit}`)
}

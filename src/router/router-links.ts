// The links that the peers of one connection attach: which are accepted, how they are answered, and what each brings to
// the address that it names.

import type {
  Connection,
  Delivery,
  ErrorCondition,
  LinkRequest,
  Outcome,
  Receiver,
  Source,
  Target,
} from '../amqp/index.ts'
import { DecodeError, RELEASED } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { AddressTable } from './address-table.ts'
import { MANAGEMENT, TOO_MANY } from './address-table.ts'
import { Consumer } from './consumer.ts'
import type { LinkShare } from './link-share.ts'
import type { AttachedLink, Peer } from './peers.ts'
import { Producer } from './producer.ts'
import type { Traffic } from './traffic.ts'

/** snd-settle-mode (AMQP 1.0 part 2, 2.8.2). */
const UNSETTLED_MODE = 0
const SETTLED_MODE = 1

/**
 * Characters of a link's name and of an address. Both are keys of maps, and V8 tells longer texts of one length apart by
 * comparing them: a peer with some thousands of them would keep the router busy with nothing else.
 */
const MAX_NAME_LENGTH = 8_192

export class RouterLinks {
  readonly #connection: Connection
  readonly #table: AddressTable
  readonly #traffic: Traffic
  readonly #senders: LinkShare
  readonly #receivers: LinkShare
  readonly #peer: Peer
  readonly #makeManagement: () => Address
  #management: Address | undefined

  /** `makeManagement`: for who asks, the router's own node. `senders`, `receivers`: what each of the peer's may have with the router. */
  constructor(
    peer: Peer,
    table: AddressTable,
    makeManagement: () => Address,
    traffic: Traffic,
    senders: LinkShare,
    receivers: LinkShare,
  ) {
    this.#connection = peer.connection
    this.#peer = peer
    this.#table = table
    this.#makeManagement = makeManagement
    this.#traffic = traffic
    this.#senders = senders
    this.#receivers = receivers
  }

  /** Answers an attach. Source and target are echoed, as Qpid Dispatch Router does. */
  answer(request: LinkRequest): void {
    if (this.#traffic.draining) {
      request.refuse({ condition: 'amqp:link:detach-forced', description: 'the router is shutting down' })
    } else if (longestName(request) > MAX_NAME_LENGTH) {
      request.refuse({
        condition: 'amqp:resource-limit-exceeded',
        description: `names of links and addresses may have ${MAX_NAME_LENGTH} characters here`,
      })
    } else if (request.role === 'receiver') {
      this.#answerConsumer(request)
    } else {
      this.#answerProducer(request)
    }
    if (request.refusal) this.#peer.refused(request.name, request.refusal)
  }

  #answerConsumer(request: LinkRequest): void {
    const asked = request.source
    if (asked?.dynamic) return this.#answerDynamic(request, asked)
    if (!asked?.address) return request.refuse(noAddress('source'))
    const address = this.#table.obtain(asked.address)
    if (!address) return request.refuse(this.#table.refusalOf(asked.address))
    if (address.owner !== undefined && address.owner !== this.#connection) {
      return request.refuse({
        condition: 'amqp:unauthorized-access',
        description: 'only the connection for which it was made may receive from a dynamic address',
      })
    }
    this.#acceptConsumer(request, address, asked)
  }

  #answerDynamic(request: LinkRequest, asked: Source): void {
    const address = this.#table.createDynamic(this.#connection)
    if (address) this.#acceptConsumer(request, address, asked)
    else request.refuse(TOO_MANY)
  }

  #acceptConsumer(request: LinkRequest, address: Address, asked: Source): void {
    const consumer = new Consumer(
      address,
      {
        presettled: request.sndSettleMode === SETTLED_MODE,
        unsettledOnly: request.sndSettleMode === UNSETTLED_MODE,
        browses: asked.distributionMode === 'copy',
        defaultOutcome: outcomeOf(asked),
        maxMessageSize: request.maxMessageSize,
      },
      this.#receivers,
    )
    let attached: AttachedLink | undefined
    this.#orForget(address, () => {
      const sender = request.acceptSender({
        source: { ...asked, address: address.name },
        onCredit: () => address.forwarder.consumerReady(consumer),
        onClosed: (error) => {
          this.#peer.detached(attached, error)
          this.#traffic.consumers -= 1
          this.#receivers.leave()
          address.removeConsumer(consumer)
          this.#table.releaseUnused(address)
        },
      })
      this.#traffic.consumers += 1
      this.#receivers.join()
      consumer.attached(sender)
      attached = this.#peer.attached(sender, 'out', consumer)
      address.addConsumer(consumer)
    })
  }

  #answerProducer(request: LinkRequest): void {
    const asked = request.target
    if (asked?.type === 'coordinator') return request.refuse(notImplemented('transactions'))
    if (asked?.dynamic) return request.refuse(notImplemented('dynamic targets'))
    if (asked?.address === undefined) return this.#acceptAnonymous(request, asked)
    if (asked.address === '') return request.refuse(noAddress('target'))
    const address = asked.address === MANAGEMENT ? this.#managementNode : this.#table.obtain(asked.address)
    if (!address) return request.refuse(this.#table.refusalOf(asked.address))
    const producer = new Producer(this.#traffic, address, this.#senders)
    this.#orForget(address, () => {
      const receiver = this.#acceptReceiver(request, asked, producer, (delivery) => {
        this.#forward(producer, address, delivery)
      })
      producer.attached(receiver)
      address.addProducer(producer)
    })
  }

  /** Each message says where it goes; an empty target says that there is one. */
  #acceptAnonymous(request: LinkRequest, asked: Target | undefined): void {
    const producer = new Producer(this.#traffic, undefined, this.#senders)
    const receiver = this.#acceptReceiver(request, asked ?? {}, producer, (delivery) => {
      this.#forwardByTo(producer, delivery)
    })
    producer.attached(receiver)
    producer.wantCredit()
  }

  #acceptReceiver(
    request: LinkRequest,
    target: Target,
    producer: Producer,
    onDelivery: (delivery: Delivery) => void,
  ): Receiver {
    const { address } = producer
    let attached: AttachedLink | undefined
    const receiver = request.acceptReceiver({
      target,
      creditWindow: 0,
      onDelivery,
      onClosed: (error) => {
        this.#peer.detached(attached, error)
        this.#traffic.producers -= 1
        this.#senders.leave()
        if (!address) return producer.leave()
        address.removeProducer(producer)
        this.#table.releaseUnused(address)
      },
    })
    this.#traffic.producers += 1
    this.#senders.join()
    attached = this.#peer.attached(receiver, 'in', producer)
    return receiver
  }

  #forward(producer: Producer, address: Address, delivery: Delivery): void {
    this.#traffic.received += 1
    producer.received += 1
    address.received += 1
    // While the router ends, what can be sent again later is; what is pre-settled has only this chance.
    if (this.#traffic.draining && !delivery.settled) return this.#turnAway(producer, delivery, RELEASED)
    if (this.#senders.overfull) return this.#turnAwayBeyondLimit(producer, delivery)
    address.forwarder.forward(producer, delivery)
  }

  #forwardByTo(producer: Producer, delivery: Delivery): void {
    let to: string | undefined
    try {
      to = delivery.message.properties?.to
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#traffic.received += 1
      return this.#turnAway(producer, delivery, {
        type: 'rejected',
        error: { condition: 'amqp:decode-error', description: error.message },
      })
    }
    const address = to === undefined || to.length > MAX_NAME_LENGTH ? undefined : this.#addressFor(to)
    if (address) return this.#forward(producer, address, delivery)
    this.#traffic.received += 1
    if (delivery.settled) this.#traffic.droppedWithoutConsumer += 1
    this.#turnAway(producer, delivery, to === undefined ? NO_TO : RELEASED)
  }

  #addressFor(to: string): Address | undefined {
    return to === MANAGEMENT ? this.#managementNode : this.#table.findFor(to)
  }

  /** Most never ask for it. */
  get #managementNode(): Address {
    this.#management ??= this.#makeManagement()
    return this.#management
  }

  /** Of large messages the credit that a sender has may be more than the router wants to hold. */
  #turnAwayBeyondLimit(producer: Producer, delivery: Delivery): void {
    if (delivery.settled) this.#traffic.droppedBeyondLimit += 1
    this.#turnAway(producer, delivery, RELEASED)
  }

  #turnAway(producer: Producer, delivery: Delivery, outcome: Outcome): void {
    producer.settle(delivery, outcome)
    producer.wantCredit()
  }

  /** An address that was made for a link must not outlive the link's failure. */
  #orForget(address: Address, accept: () => void): void {
    try {
      accept()
    } catch (error) {
      this.#table.releaseUnused(address)
      throw error
    }
  }
}

const NO_TO: Outcome = Object.freeze({
  type: 'rejected',
  error: {
    condition: 'amqp:precondition-failed',
    description: 'a message without `to` came from a sender that has no target address',
  },
})

function longestName({ name, role, source, target }: LinkRequest): number {
  const asked = role === 'receiver' ? source : target
  return Math.max(name.length, asked && 'address' in asked ? (asked.address?.length ?? 0) : 0)
}

const notImplemented = (what: string): ErrorCondition => ({
  condition: 'amqp:not-implemented',
  description: `this router has no ${what}`,
})

const noAddress = (terminus: string): ErrorCondition => ({
  condition: 'amqp:invalid-field',
  description: `${terminus}: expected an address, or dynamic`,
})

/** The source's default-outcome, where it is an outcome. */
function outcomeOf(source: Source): Outcome | undefined {
  const state = source.defaultOutcome
  return state && state.type !== 'received' && state.type !== 'other' ? state : undefined
}

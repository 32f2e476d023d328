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
import { MANAGEMENT } from './address-table.ts'
import { Consumer } from './consumer.ts'
import type { LinkShare } from './link-share.ts'
import type { Nodes, NoNode, Route, TargetNode } from './nodes.ts'
import type { PeerAccess } from './peer-access.ts'
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
  readonly #nodes: Nodes
  readonly #traffic: Traffic
  readonly #senders: LinkShare
  readonly #receivers: LinkShare
  readonly #access: PeerAccess | undefined
  readonly #peer: Peer
  readonly #makeManagement: () => Address
  #management: Address | undefined

  /**
   * `makeManagement`: for who asks, the router's own node. `senders`, `receivers`: what each of the peer's may have with the router.
   * `access`: to which addresses; undefined: all.
   */
  constructor(
    peer: Peer,
    nodes: Nodes,
    makeManagement: () => Address,
    traffic: Traffic,
    senders: LinkShare,
    receivers: LinkShare,
    access: PeerAccess | undefined,
  ) {
    this.#access = access
    this.#connection = peer.connection
    this.#peer = peer
    this.#nodes = nodes
    this.#makeManagement = makeManagement
    this.#traffic = traffic
    this.#senders = senders
    this.#receivers = receivers
  }

  /** Answers an attach. */
  answer(request: LinkRequest): void {
    const isLong = longestName(request) > MAX_NAME_LENGTH
    const denied = isLong ? undefined : this.#access?.refusalOf(request)
    if (this.#traffic.draining) {
      request.refuse({ condition: 'amqp:link:detach-forced', description: 'the router is shutting down' })
    } else if (isLong) {
      request.refuse({
        condition: 'amqp:resource-limit-exceeded',
        description: `names of links and addresses may have ${MAX_NAME_LENGTH} characters here`,
      })
    } else if (denied) {
      request.refuse(denied)
    } else if (this.#nodes.answers?.(request)) {
      // It is answered.
    } else if (request.role === 'receiver') {
      this.#answerConsumer(request)
    } else {
      this.#answerProducer(request)
    }
    if (request.refusal) this.#peer.refused(request.name, request.refusal)
  }

  /** The connection is gone. */
  ended(): void {
    this.#nodes.left?.(this.#connection)
  }

  #answerConsumer(request: LinkRequest): void {
    const node = this.#nodes.sourceOf(request)
    if ('refusal' in node) return request.refuse(node.refusal)
    const { address, source } = node
    const consumer = new Consumer(
      address,
      {
        presettled: request.sndSettleMode === SETTLED_MODE,
        unsettledOnly: request.sndSettleMode === UNSETTLED_MODE,
        browses: source.distributionMode === 'copy',
        defaultOutcome: outcomeOf(source),
        maxMessageSize: request.maxMessageSize,
      },
      this.#receivers,
    )
    let attached: AttachedLink | undefined
    this.#orForget(address, () => {
      const sender = request.acceptSender({
        source,
        onCredit: () => address.forwarder.consumerReady(consumer),
        onClosed: (error) => {
          this.#peer.detached(attached, error)
          this.#traffic.consumers -= 1
          this.#receivers.leave()
          address.removeConsumer(consumer)
          this.#nodes.releaseUnused(address)
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
    const node = this.#targetOf(request)
    if ('refusal' in node) return request.refuse(node.refusal)
    const { address, target } = node
    const producer = new Producer(this.#traffic, address, this.#senders)
    if (!address) {
      producer.attached(this.#acceptReceiver(request, target, producer, (one) => this.#forwardByTo(producer, one)))
      return producer.wantCredit()
    }
    this.#orForget(address, () => {
      const receiver = this.#acceptReceiver(request, target, producer, (one) => this.#forward(producer, address, one))
      producer.attached(receiver)
      address.addProducer(producer)
    })
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
      onDelivery: (delivery) => {
        const fault = this.#nodes.faultOf?.(delivery.payload)
        if (fault) this.#endFor(producer, delivery, fault)
        else onDelivery(delivery)
      },
      onClosed: (error) => {
        this.#peer.detached(attached, error)
        this.#traffic.producers -= 1
        this.#senders.leave()
        if (!address) return producer.leave()
        address.removeProducer(producer)
        this.#nodes.releaseUnused(address)
      },
    })
    this.#traffic.producers += 1
    this.#senders.join()
    attached = this.#peer.attached(receiver, 'in', producer)
    return receiver
  }

  /** Its message is nothing that can be taken, and no outcome tells that here. */
  #endFor(producer: Producer, delivery: Delivery, fault: ErrorCondition): void {
    this.#traffic.received += 1
    if (delivery.settled) this.#traffic.droppedMalformed += 1
    producer.detach(fault)
  }

  #forward(producer: Producer, route: Route, delivery: Delivery): void {
    this.#traffic.received += 1
    producer.received += 1
    route.received += 1
    // While the router ends, what can be sent again later is; what is pre-settled has only this chance.
    if (this.#traffic.draining && !delivery.settled) return this.#turnAway(producer, delivery, RELEASED)
    if (this.#senders.overfull) return this.#turnAwayBeyondLimit(producer, delivery)
    route.forwarder.forward(producer, delivery)
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
    const route = to !== undefined && to.length > MAX_NAME_LENGTH ? RELEASED : this.#routeOf(to)
    if ('forwarder' in route) return this.#forward(producer, route, delivery)
    this.#traffic.received += 1
    if (delivery.settled) this.#traffic.droppedWithoutConsumer += 1
    this.#turnAway(producer, delivery, route)
  }

  #targetOf(request: LinkRequest): TargetNode | NoNode {
    if (request.address !== MANAGEMENT || !this.#nodes.managed) return this.#nodes.targetOf(request)
    return { address: this.#managementNode, target: { ...request.target, type: undefined } }
  }

  #routeOf(to: string | undefined): Route | Outcome {
    const denied = this.#access?.rejectionOf(to)
    if (denied) return denied
    return to === MANAGEMENT && this.#nodes.managed ? this.#managementNode : this.#nodes.routeOf(to)
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
      this.#nodes.releaseUnused(address)
      throw error
    }
  }
}

function longestName({ name, role, source, target }: LinkRequest): number {
  const asked = role === 'receiver' ? source : target
  return Math.max(name.length, asked && 'address' in asked ? (asked.address?.length ?? 0) : 0)
}

/** The source's default-outcome, where it is an outcome. */
function outcomeOf(source: Source): Outcome | undefined {
  const state = source.defaultOutcome
  return state && state.type !== 'received' && state.type !== 'other' ? state : undefined
}

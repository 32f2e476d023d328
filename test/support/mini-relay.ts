// A small intermediary on the listening side of amqp/, for tests that must say what a bus does: it keeps nothing, passes
// settlement end to end, gives credit to senders only while an address has consumers, and can be told to misbehave.

import { randomUUID } from 'node:crypto'
import {
  type Connection,
  type Delivery,
  type ErrorCondition,
  type LinkRequest,
  type Listener,
  type ListenOptions,
  listen,
  type Outcome,
  type Receiver,
  type Sender,
} from '../../src/amqp/index.ts'

export interface MiniRelayOptions extends Pick<ListenOptions, 'port' | 'sasl' | 'tls' | 'channelMax' | 'handleMax'> {
  readonly product?: string
  readonly version?: string
  /** Refuses a link; undefined: takes it. */
  readonly refuse?: (address: string | undefined, request: LinkRequest) => ErrorCondition | undefined
  /** Settles an incoming message itself instead of passing it on; undefined: passes it on. */
  readonly outcome?: (address: string, delivery: Delivery) => Outcome | 'ignore' | undefined
  /** The outcomes that its sources offer to consumers; undefined: all. */
  readonly outcomes?: readonly string[]
  /** Credit of producers even without consumers. */
  readonly creditWithoutConsumers?: number
}

class Address {
  readonly consumers: Sender[] = []
  readonly producers = new Set<Receiver>()
  next = 0
}

export class MiniRelay {
  readonly #options: MiniRelayOptions
  readonly #addresses = new Map<string, Address>()
  readonly connections = new Set<Connection>()
  /** The hostname of each Open frame that came. */
  readonly hostnames: (string | undefined)[] = []
  /** Every attach that was taken, as `<role of the peer> <address>`. */
  readonly attached: string[] = []
  /** Every message taken from a producer. */
  readonly messages: { readonly address: string; readonly delivery: Delivery }[] = []
  /** Of the same messages, whether they came settled: later that cannot be told any more. */
  readonly arrivedSettled: boolean[] = []
  readonly requests: LinkRequest[] = []
  #listener: Listener | undefined
  #waiters: (() => void)[] = []

  constructor(options: MiniRelayOptions = {}) {
    this.#options = options
  }

  static async start(options: MiniRelayOptions = {}): Promise<MiniRelay> {
    const relay = new MiniRelay(options)
    await relay.listen(options.port)
    return relay
  }

  async listen(port = 0): Promise<void> {
    const { product = 'mini-relay', version = '1.0', sasl, tls, channelMax, handleMax } = this.#options
    this.#listener = await listen({
      port,
      sasl,
      tls,
      channelMax,
      handleMax,
      properties: product === '' ? {} : { product, version },
      onConnection: (connection) => {
        this.connections.add(connection)
        this.hostnames.push(connection.remote.hostname)
        this.#changed()
      },
      onConnectionClosed: (connection) => {
        this.connections.delete(connection)
        this.#changed()
      },
      onLink: (request) => this.#onLink(request),
    })
  }

  get port(): number {
    return (this.#listener as Listener).port
  }

  get url(): string {
    return `amqp://127.0.0.1:${this.port}`
  }

  async close(): Promise<void> {
    await this.#listener?.close()
    this.#listener = undefined
  }

  /** Cuts all connections without a word. */
  cut(): void {
    for (const connection of this.connections) connection.abort(new Error('cut by the test'))
  }

  /** The links of consumers of an address. */
  consumers(address: string): readonly Sender[] {
    return this.#addresses.get(address)?.consumers ?? []
  }

  producers(address: string): readonly Receiver[] {
    return [...(this.#addresses.get(address)?.producers ?? [])]
  }

  get addresses(): string[] {
    return [...this.#addresses.keys()]
  }

  /** Resolves when the condition holds; asked again after everything that happens here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  #changed(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }

  #onLink(request: LinkRequest): void {
    this.requests.push(request)
    const terminus = request.role === 'sender' ? request.target : request.source
    const dynamic = request.role === 'receiver' && request.source?.dynamic === true
    const named = terminus && 'address' in terminus ? terminus.address : undefined
    const refusal = this.#options.refuse?.(named as string | undefined, request)
    if (refusal) request.refuse(refusal)
    else if (request.role === 'sender') this.#addProducer(request, named as string)
    else this.#addConsumer(request, dynamic ? `amqp:/_topo/0/mini/temp.${randomUUID()}` : (named as string), dynamic)
    this.#changed()
  }

  #address(name: string): Address {
    const address = this.#addresses.get(name) ?? new Address()
    this.#addresses.set(name, address)
    return address
  }

  #addProducer(request: LinkRequest, name: string): void {
    this.attached.push(`sender ${name}`)
    const address = this.#address(name)
    const receiver: Receiver = request.acceptReceiver({
      creditWindow: 0,
      onDelivery: (delivery) => this.#onDelivery(name, address, delivery),
      onClosed: () => {
        address.producers.delete(receiver)
        this.#changed()
      },
    })
    address.producers.add(receiver)
    const { creditWithoutConsumers } = this.#options
    if (creditWithoutConsumers !== undefined) receiver.addCredit(creditWithoutConsumers)
    else this.#grant(address)
  }

  #addConsumer(request: LinkRequest, name: string, dynamic: boolean): void {
    this.attached.push(`receiver ${dynamic ? '(dynamic)' : name}`)
    const address = this.#address(name)
    const { outcomes } = this.#options
    const sender: Sender = request.acceptSender({
      source: { address: name, ...(dynamic ? { dynamic } : {}), ...(outcomes ? { outcomes: [...outcomes] } : {}) },
      onCredit: () => {
        this.#grant(address)
        this.#changed()
      },
      onClosed: () => {
        address.consumers.splice(address.consumers.indexOf(sender), 1)
        this.#changed()
      },
    })
    address.consumers.push(sender)
    if (sender.credit > 0) this.#grant(address)
  }

  #grant(address: Address): void {
    if (!address.consumers.some((consumer) => consumer.credit > 0)) return
    for (const producer of address.producers) if (producer.credit < 100) producer.addCredit(250 - producer.credit)
  }

  #onDelivery(name: string, address: Address, delivery: Delivery): void {
    this.messages.push({ address: name, delivery })
    this.arrivedSettled.push(delivery.settled)
    const own = this.#options.outcome?.(name, delivery)
    if (own !== undefined) {
      if (own !== 'ignore') delivery.settle(own)
    } else this.#forward(name, address, delivery)
    if (this.#options.creditWithoutConsumers === undefined) this.#grant(address)
    else delivery.receiver.addCredit(1)
    this.#changed()
  }

  #forward(name: string, address: Address, delivery: Delivery): void {
    const multicast = name.includes('multicast') || name.startsWith('broadcast')
    const consumers = address.consumers.filter((one) => one.isAttached)
    if (multicast) {
      for (const consumer of consumers)
        consumer.submit(delivery.payload, { settled: true }, { onOutcome: () => {}, onFailed: () => {} })
      delivery.accept()
      return
    }
    const consumer = consumers[address.next++ % Math.max(1, consumers.length)]
    if (!consumer) return delivery.release()
    consumer.submit(
      delivery.payload,
      { settled: delivery.settled },
      {
        onOutcome: (outcome) => {
          if (outcome) delivery.settle(outcome)
          this.#changed()
        },
        onFailed: (_error, sent) => delivery.modify({ deliveryFailed: sent }),
      },
    )
  }
}

// The driver `memory://`: the contract of driver.ts within one process, for tests and for trying things out.
//
// It behaves like the AMQP driver over a router: what is sent waits for a consumer with credit until its deadline, then a
// call rejects with MessagingTimeoutError, anything else with MessageDeliveryFailureError. Bodies are real JSON texts, so
// what cannot travel fails here too, and nothing is shared by reference.

import { guarded } from '../support/guarded.ts'
import { optionTable, resolveOptions } from '../support/options.ts'
import { reportDefect } from '../support/report-defect.ts'
import { decodeRequestBody, encodeNotificationBody, encodeRequestBody, type RequestBody } from './body.ts'
import type {
  CallOptions,
  Driver,
  DriverContext,
  Envelope,
  ListenOptions,
  NotificationHandler,
  NotificationSource,
  NotifyOptions,
  RequestHandler,
  SendOptions,
  Subscription,
} from './driver.ts'
import { DriverClosedError, MalformedMessageError } from './errors.ts'
import { deserializeFailure } from './failure.ts'
import { CONSUMER_CREDIT, joinMemoryBus, type MemoryBus, type MemoryConsumer } from './memory-bus.ts'
import { MemoryIncoming, type MemoryReceiver } from './memory-incoming.ts'
import { MemorySend, type MemorySendFacts } from './memory-send.ts'
import { rebuildRemoteError } from './remote-errors.ts'
import { describeTarget, type Target } from './target.ts'
import type { TransportUrl } from './transport-url.ts'

/** Milliseconds for a cast or notification that says nothing else: the AMQP driver's default. */
const SEND_TIMEOUT_MS = 30_000

const MEMORY_OPTIONS = optionTable('memory', {})

/**
 * The driver of `memory://name`: transports whose urls have the same name and virtual host share a bus, as long as one of
 * them is open. It has no options: throws OptionError for any.
 */
export function createMemoryDriver(url: TransportUrl, context: DriverContext): Driver {
  resolveOptions(MEMORY_OPTIONS, [
    { origin: 'options', values: context.options },
    { origin: 'url query', values: url.query },
  ])
  const names = url.hosts.map((host) => host.hostname ?? '')
  const { bus, leave } = joinMemoryBus(`${names.join(',')}/${url.virtualHost ?? ''}`)
  return new MemoryDriver(bus, context, leave)
}

interface Address {
  readonly name: string
  readonly multicast: boolean
}

export class MemoryDriver implements Driver {
  readonly features = Object.freeze({ requeue: true, notificationCredit: CONSUMER_CREDIT })
  readonly #bus: MemoryBus
  readonly #context: DriverContext
  readonly #onClosed: () => void
  readonly #sends = new Set<MemorySend>()
  readonly #consumers = new Set<MemoryConsumer>()
  /** Handed over and not settled. */
  readonly #incoming = new Set<MemoryIncoming>()
  readonly #receiver = {
    closed: false as boolean,
    settled: (incoming: MemoryIncoming): void => {
      this.#incoming.delete(incoming)
    },
  } satisfies MemoryReceiver

  constructor(bus: MemoryBus, context: DriverContext, onClosed: () => void = () => {}) {
    this.#bus = bus
    this.#context = context
    this.#onClosed = onClosed
  }

  async call(target: Target, envelope: Envelope, options: CallOptions): Promise<unknown> {
    return await this.#send(this.#rpcAddress({ ...target, fanout: false }), {
      ...this.#facts('call', target, options),
      body: encodeRequestBody(envelope, options.callMonitorTimeoutMs),
      callMonitorTimeoutMs: options.callMonitorTimeoutMs,
      rebuild: (failure) => rebuildRemoteError(deserializeFailure(failure), this.#context.allowedRemoteErrors),
    })
  }

  async cast(target: Target, envelope: Envelope, options: SendOptions): Promise<void> {
    await this.#send(this.#rpcAddress(target), {
      ...this.#facts('cast', target, options),
      body: encodeRequestBody(envelope),
    })
  }

  async notify(target: Target, envelope: Envelope, options: NotifyOptions): Promise<void> {
    const body = encodeNotificationBody(envelope, options.format)
    await this.#send(this.#notificationAddress(target), { ...this.#facts('notification', target, options), body })
  }

  async listen(target: Target, handler: RequestHandler, options: ListenOptions): Promise<Subscription> {
    this.#checkOpen(options.signal)
    const addresses = [target, { ...target, server: undefined }, { ...target, fanout: true }].map((one) =>
      this.#rpcAddress(one),
    )
    return this.#subscribe(
      addresses.map((address) => this.#consume(address, '', handler, { ...options, pool: undefined })),
    )
  }

  async listenForNotifications(
    sources: readonly NotificationSource[],
    handler: NotificationHandler,
    options: ListenOptions,
  ): Promise<Subscription> {
    this.#checkOpen(options.signal)
    const consumers = sources.map(({ target, priority }) =>
      this.#consume(
        this.#notificationAddress({ ...target, topic: `${target.topic}.${priority}` }),
        priority,
        handler,
        options,
      ),
    )
    return this.#subscribe(consumers)
  }

  async close(): Promise<void> {
    if (this.#receiver.closed) return
    this.#receiver.closed = true
    for (const consumer of this.#consumers) this.#bus.unsubscribe(consumer)
    this.#consumers.clear()
    // As when a link is lost: what is unsettled goes back.
    for (const incoming of this.#incoming) incoming.requeue()
    for (const send of this.#sends)
      send.fail(new DriverClosedError(`the transport was closed while a ${send.facts.kind} waited`))
    this.#onClosed()
  }

  #facts(kind: MemorySendFacts['kind'], target: Target, options: SendOptions): Omit<MemorySendFacts, 'body'> {
    return {
      kind,
      target: describeTarget(target),
      timeoutMs: options.timeoutMs ?? SEND_TIMEOUT_MS,
      retry: options.retry ?? -1,
      signal: options.signal,
    }
  }

  #send(address: Address, facts: MemorySendFacts): Promise<unknown> {
    this.#checkOpen(facts.signal)
    const send = new MemorySend(facts, this.#onSendSettled)
    this.#sends.add(send)
    this.#bus.send(address.name, address.multicast, send)
    return send.promise
  }

  readonly #onSendSettled = (send: MemorySend): void => {
    this.#sends.delete(send)
    if (send.address) this.#bus.forgetIfUnused(send.address)
  }

  #consume(
    address: Address,
    priority: string,
    handler: (incoming: MemoryIncoming) => void,
    { onMalformed, minCredit, pool }: ListenOptions,
  ): MemoryConsumer {
    const consumer = this.#bus.subscribe(
      address.name,
      address.multicast,
      (copy) => {
        let body: RequestBody
        try {
          body = decodeRequestBody(copy.send.facts.body)
        } catch (error) {
          consumer.returnCredit()
          copy.rejected((error as Error).message)
          guarded('onMalformed of a subscription', () => {
            onMalformed?.(
              error instanceof MalformedMessageError
                ? error
                : new MalformedMessageError('unreadable', { cause: error }),
            )
          })
          return
        }
        const incoming = new MemoryIncoming(body, copy, consumer, priority, this.#receiver)
        this.#incoming.add(incoming)
        if (ran('the handler of a subscription', () => handler(incoming))) return
        incoming.reject('the handler failed')
        incoming.done()
      },
      { minCredit, pool },
    )
    this.#consumers.add(consumer)
    return consumer
  }

  #subscribe(consumers: readonly MemoryConsumer[]): Subscription {
    const stop = async (): Promise<void> => {
      for (const consumer of consumers) {
        this.#consumers.delete(consumer)
        this.#bus.unsubscribe(consumer)
      }
    }
    const abandon = (): void => {
      for (const incoming of [...this.#incoming]) if (consumers.includes(incoming.consumer)) incoming.requeue()
    }
    return { stop, abandon }
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    if (this.#receiver.closed) throw new DriverClosedError('the transport is closed')
    signal?.throwIfAborted()
  }

  #rpcAddress({ exchange = this.#context.controlExchange, topic = '', server, fanout }: Target): Address {
    if (fanout) return { name: `rpc\0all\0${exchange}\0${topic}`, multicast: true }
    if (server) return { name: `rpc\0one\0${exchange}\0${topic}\0${server}`, multicast: false }
    return { name: `rpc\0any\0${exchange}\0${topic}`, multicast: false }
  }

  #notificationAddress({ exchange = this.#context.controlExchange, topic = '' }: Target): Address {
    return { name: `notify\0${exchange}\0${topic}`, multicast: false }
  }
}

/** False: it threw, which is a defect of the application; on the bus nobody else may suffer from it. */
function ran(where: string, run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    reportDefect(where, error)
    return false
  }
}

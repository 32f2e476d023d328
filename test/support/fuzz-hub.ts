// The application of the listener that is fuzzed. It takes every link, does with deliveries whatever comes to its mind, and passes
// messages on between the bystanders, who must notice nothing of all that.

import type { Connection } from '../../src/amqp/connection.ts'
import type { Delivery } from '../../src/amqp/delivery.ts'
import type { AmqpError } from '../../src/amqp/errors.ts'
import type { LinkRequest } from '../../src/amqp/link-request.ts'
import type { ListenOptions } from '../../src/amqp/options.ts'
import type { Receiver } from '../../src/amqp/receiver.ts'
import type { Sender } from '../../src/amqp/sender.ts'
import type { Session } from '../../src/amqp/session.ts'
import { DecodeError } from '../../src/codec/errors.ts'
import type { EncodedMessage } from '../../src/codec/sections.ts'
import { bodyOf } from './amqp-fixtures.ts'
import { Random } from './random.ts'

export const BYSTANDERS = 'bystanders'

/** Longer than any case: only the end of the connection may end what waits that long. */
const FOREVER_MS = 600_000

const SMALL = bodyOf('one')
const LARGE = bodyOf('abcdefghij'.repeat(150))
const HUGE = bodyOf('x'.repeat(300_000))

/** How sessions and links of a connection ended, and what must settle when the connection is gone. */
export class Trace {
  /** The application dropped the connection: whatever was still to be said is not said. */
  aborted = false
  readonly promises: Promise<unknown>[] = []
  /** Errors of ours: the peer must have been told. */
  readonly violations: { readonly told: 'end' | 'detach'; readonly error: AmqpError }[] = []

  watch(told: 'end' | 'detach', closed: Promise<AmqpError | undefined>): void {
    this.promises.push(
      closed.then((error) => {
        if (error?.origin === 'local' && error.condition) this.violations.push({ told, error })
      }),
    )
  }
}

export class FuzzHub {
  readonly options: ListenOptions
  readonly #traces = new WeakMap<Connection, Trace>()
  readonly #consumers = new Set<Sender>()
  #random = new Random(0)

  constructor(options: ListenOptions = {}) {
    this.options = {
      containerId: 'listener',
      channelMax: 15,
      handleMax: 15,
      maxMessageSize: 20_000,
      ...options,
      sasl: {
        mechanisms: ['PLAIN', 'ANONYMOUS'],
        required: false,
        authenticate: (_, name, password) => name !== 'alice' || password === 'secret',
      },
      onSession: (session) => this.#onSession(session),
      onLink: (request) => this.#onLink(request),
    }
  }

  /** A case begins: what comes to the hub's mind is the same whenever this one runs. */
  surprise(seed: number): void {
    this.#random = new Random(seed)
  }

  trace(connection: Connection): Trace {
    const known = this.#traces.get(connection)
    if (known) return known
    const trace = new Trace()
    this.#traces.set(connection, trace)
    return trace
  }

  #onSession(session: Session): void {
    this.trace(session.connection).watch('end', session.closed)
  }

  #onLink(request: LinkRequest): void {
    const { role, source, target } = request
    const bystander = [source?.address, target && 'address' in target && target.address].includes(BYSTANDERS)
    if (bystander) return this.#serveBystander(request)
    if (this.#random.chance(0.1)) return request.refuse({ condition: 'amqp:not-found', description: 'not today' })
    const trace = this.trace(request.connection)
    const link = role === 'sender' ? this.#take(request, trace) : this.#give(request, trace)
    trace.watch('detach', link.closed)
    if (this.#random.chance(0.1)) this.#leave(link, trace)
  }

  #take(request: LinkRequest, trace: Trace): Receiver {
    const creditWindow = this.#random.pick([0, 2, 8, 100])
    const receiver = request.acceptReceiver({ creditWindow, onDelivery: (each) => this.#decide(each) })
    if (creditWindow > 0) return receiver
    receiver.addCredit(10)
    const next = this.#random.pick(['drain', 'withdraw', 'wait'] as const)
    if (next === 'drain') trace.promises.push(receiver.drain(FOREVER_MS))
    if (next === 'withdraw') receiver.withdrawCredit()
    return receiver
  }

  #give(request: LinkRequest, trace: Trace): Sender {
    const sender = request.acceptSender({ source: { ...request.source, address: request.source?.address ?? 'made' } })
    for (const message of this.#random.pick([[SMALL, LARGE], [LARGE, LARGE, SMALL], [SMALL], [HUGE]])) {
      const options = { settled: this.#random.chance(0.3), timeoutMs: FOREVER_MS }
      trace.promises.push(sender.send(message, options).catch(() => {}))
    }
    return sender
  }

  /** Ends something of its own accord, in a while. */
  #leave(link: Sender | Receiver, trace: Trace): void {
    const what = this.#random.pick(['link', 'session', 'connection', 'abort'] as const)
    let turns = this.#random.between(1, 10)
    const leave = async (): Promise<void> => {
      while (turns-- > 0) await new Promise((resolve) => setImmediate(resolve))
      if (what === 'link') await link.detach()
      else if (what === 'session') await link.session.end({ condition: 'my:reason', description: 'enough' })
      else if (what === 'connection') await link.connection.close()
      else {
        trace.aborted = true
        link.connection.abort(new Error('enough'))
      }
    }
    trace.promises.push(leave())
  }

  #decide(delivery: Delivery): void {
    readAll(delivery.message)
    switch (this.#random.below(7)) {
      case 0:
        return delivery.reject({ condition: 'my:reason', description: 'no' })
      case 1:
        return delivery.modify({ deliveryFailed: true })
      case 2:
        return delivery.release()
      case 3:
        return // held until its link is gone
      case 4:
        return void setImmediate(() => delivery.accept())
      default:
        delivery.accept()
    }
  }

  #serveBystander(request: LinkRequest): void {
    if (request.role === 'receiver') {
      const sender = request.acceptSender({ onClosed: () => this.#consumers.delete(sender) })
      this.#consumers.add(sender)
      return
    }
    request.acceptReceiver({
      onDelivery: (delivery) => {
        for (const consumer of this.#consumers)
          consumer.submit(
            delivery.payload,
            { settled: false },
            {
              onOutcome: (outcome) => delivery.settle(outcome ?? { type: 'released' }),
              onFailed: () => delivery.release(),
            },
          )
      },
    })
  }
}

/** An application looks at what it is sent, and is not surprised by an error. */
function readAll(message: EncodedMessage): void {
  for (const section of SECTIONS) {
    try {
      void message[section]
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
  }
}

const SECTIONS = [
  'header',
  'deliveryAnnotations',
  'messageAnnotations',
  'properties',
  'applicationProperties',
  'body',
  'footer',
] as const

// A client of ours that does what a recorded client did: it begins the same sessions, attaches links of the same names, sends the
// same messages and grants the same credit, so that the recorded server's answers fit.

import type { Connection } from '../../src/amqp/connection.ts'
import type { Delivery } from '../../src/amqp/delivery.ts'
import type { AmqpError } from '../../src/amqp/errors.ts'
import type { Receiver } from '../../src/amqp/receiver.ts'
import type { Sender } from '../../src/amqp/sender.ts'
import type { Session } from '../../src/amqp/session.ts'
import type { Attach, Disposition, Flow, Transfer } from '../../src/codec/performatives.ts'
import type { Target } from '../../src/codec/terminus.ts'
import { Trace } from './fuzz-hub.ts'
import type { WireFrame } from './wire-log.ts'

interface PuppetLink {
  readonly link: Promise<Sender | Receiver>
  readonly deliveries: Delivery[]
  /** The frames so far of a message that the recorded client sent in several. */
  readonly parts: Buffer[]
}

export class PuppetClient {
  readonly trace = new Trace()
  /** What it received and heard, in order. */
  readonly events: string[] = []
  readonly #opened: Promise<Connection>
  /** By the channel of the recorded client. */
  readonly #sessions = new Map<number, Promise<Session>>()
  /** By its channel and handle. */
  readonly #links = new Map<string, PuppetLink>()
  readonly #timeoutMs: number

  constructor(opened: Promise<Connection>, timeoutMs: number) {
    this.#opened = opened
    this.#timeoutMs = timeoutMs
    this.#keep(opened)
  }

  /** Does what that frame of the recorded client says. Nothing is waited for. */
  act({ frame, channel, payload }: WireFrame): void {
    switch (frame?.type) {
      case 'begin':
        return this.#begin(channel)
      case 'attach':
        return this.#attach(frame, channel)
      case 'flow':
        return this.#onFlow(frame, channel)
      case 'transfer':
        return this.#transfer(frame, channel, payload)
      case 'disposition':
        return this.#settle(frame, channel)
      case 'detach':
        return this.#use(`${channel}/${frame.handle}`, (link) => link.detach({ closed: frame.closed }))
      case 'end':
        return this.#keep(this.#sessions.get(channel)?.then((session) => session.end()))
      case 'close':
        return this.#keep(this.#opened.then((connection) => connection.close()))
      default:
    }
  }

  /** Does something of its own accord that the recorded client did not. */
  leave(what: 'link' | 'session' | 'connection' | 'abort'): void {
    const [link] = [...this.#links.values()].map((each) => each.link)
    const [session] = this.#sessions.values()
    if (what === 'link') this.#keep(link?.then((each) => each.detach({ closed: false })))
    else if (what === 'session') this.#keep(session?.then((each) => each.end()))
    else if (what === 'connection') this.#keep(this.#opened.then((connection) => connection.close()))
    else {
      this.trace.aborted = true
      this.#keep(this.#opened.then((connection) => connection.abort(new Error('enough'))))
    }
  }

  #begin(channel: number): void {
    const session = this.#opened.then((connection) => connection.openSession({ timeoutMs: this.#timeoutMs }))
    this.#sessions.set(channel, session)
    this.#keep(session.then(({ closed }) => this.trace.watch('end', closed)))
  }

  #attach(attach: Attach, channel: number): void {
    const { name, role, source, rcvSettleMode, sndSettleMode } = attach
    const target = attach.target as Target | undefined
    const common = { name, source, target, rcvSettleMode, sndSettleMode, timeoutMs: this.#timeoutMs }
    const deliveries: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => {
      deliveries.push(delivery)
      this.events.push(`${name} received ${delivery.payload.length} ${delivery.settled}`)
    }
    const link = this.#sessions
      .get(channel)
      ?.then<Sender | Receiver>((session) =>
        role ? session.attachReceiver({ ...common, creditWindow: 0, onDelivery }) : session.attachSender(common),
      )
    if (!link) return
    this.#links.set(`${channel}/${attach.handle}`, { link, deliveries, parts: [] })
    this.#keep(link.then(({ closed }) => this.trace.watch('detach', closed as Promise<AmqpError | undefined>)))
  }

  #onFlow({ handle, linkCredit = 0, drain }: Flow, channel: number): void {
    this.#use(`${channel}/${handle}`, (link) => {
      if (link.role !== 'receiver') return
      if (linkCredit > link.credit) link.addCredit(linkCredit - link.credit)
      if (linkCredit === 0) link.withdrawCredit()
      return drain ? link.drain(this.#timeoutMs) : undefined
    })
  }

  #transfer(transfer: Transfer, channel: number, payload: Buffer): void {
    const key = `${channel}/${transfer.handle}`
    const parts = this.#links.get(key)?.parts
    parts?.push(payload)
    if (!parts || transfer.more) return
    const message = Buffer.concat(parts.splice(0))
    this.#use(key, async (link) => {
      if (link.role !== 'sender') return
      const { type } = await link.send(message, { settled: transfer.settled === true, timeoutMs: this.#timeoutMs })
      this.events.push(`${link.name} sent ${message.length}: ${type}`)
    })
  }

  /** Whatever has come by then. */
  #settle({ role, state }: Disposition, channel: number): void {
    if (!role) return
    for (const [key, { deliveries }] of this.#links)
      if (key.startsWith(`${channel}/`))
        for (const delivery of deliveries.splice(0))
          if (state && state.type !== 'received' && state.type !== 'other') delivery.settle(state)
          else delivery.accept()
  }

  #use(key: string, action: (link: Sender | Receiver) => unknown): void {
    this.#keep(this.#links.get(key)?.link.then(action))
  }

  /** It has to settle, one way or the other. */
  #keep(promise: Promise<unknown> | undefined): void {
    if (promise) this.trace.promises.push(promise.catch(() => {}))
  }
}

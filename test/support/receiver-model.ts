// Any row of deliveries, settlements, drains and echoes, against what the specification says of a receiver (AMQP 1.0 part 2, 2.6.7
// and 2.6.12): what is granted and held never exceeds the window, every message arrives whole and in order, what is settled is
// settled once on the wire, and a peer that keeps to its credit never runs dry.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Delivery } from '../../src/amqp/delivery.ts'
import type { Receiver } from '../../src/amqp/receiver.ts'
import type { Outcome } from '../../src/codec/delivery-state.ts'
import type { Disposition, Flow } from '../../src/codec/performatives.ts'
import { nextTurn } from './amqp-fixtures.ts'
import { MemoryPeer } from './memory-peer.ts'
import type { WireFrame } from './wire-log.ts'
import { brokenRules } from './wire-rules.ts'

type Action =
  /** The next frame of the link: of the message that is on its way, or of a new one, of so many frames. */
  | {
      readonly do: 'transfer'
      readonly link: number
      readonly frames: number
      readonly settled: boolean
      readonly size: number
    }
  /** Breaks off the message that is on its way. */
  | { readonly do: 'abort'; readonly link: number }
  | { readonly do: 'settle'; readonly nth: number; readonly count: number; readonly outcome: Outcome['type'] }
  | { readonly do: 'settleFirst'; readonly nth: number }
  | { readonly do: 'echo'; readonly link: number }
  | { readonly do: 'drain'; readonly link: number }
  | { readonly do: 'grant'; readonly link: number; readonly credit: number }
  | { readonly do: 'withdraw'; readonly link: number }
  | { readonly do: 'turn' }

/** Of each link; the one without a window is granted credit by hand. `second`: we settle when the peer has (rcv-settle-mode). */
const KINDS = [
  { window: 1, second: false },
  { window: 2, second: false },
  { window: 5, second: false },
  { window: 0, second: false },
  { window: 3, second: true },
]
const LINKS = KINDS.length
const link = fc.nat(LINKS - 1)
const constant = <T extends string>(value: T): fc.Arbitrary<T> => fc.constant(value)
const of = <T extends Action>(weight: number, arbitrary: fc.Arbitrary<T>) => ({
  weight,
  arbitrary: arbitrary as fc.Arbitrary<Action>,
})

const action: fc.Arbitrary<Action> = fc.oneof(
  of(
    10,
    fc.record({
      do: constant('transfer'),
      link,
      frames: fc.constantFrom(1, 1, 2, 3),
      settled: fc.boolean(),
      size: fc.nat(50),
    }),
  ),
  of(1, fc.record({ do: constant('abort'), link })),
  of(
    5,
    fc.record({
      do: constant('settle'),
      nth: fc.nat(8),
      count: fc.integer({ min: 1, max: 4 }),
      outcome: fc.constantFrom('accepted' as const, 'released' as const, 'rejected' as const, 'modified' as const),
    }),
  ),
  of(1, fc.record({ do: constant('settleFirst'), nth: fc.nat(8) })),
  of(1, fc.record({ do: constant('echo'), link })),
  of(1, fc.record({ do: constant('drain'), link: fc.constant(3) })),
  of(2, fc.record({ do: constant('grant'), link: fc.constant(3), credit: fc.nat(4) })),
  of(1, fc.record({ do: constant('withdraw'), link: fc.constant(3) })),
  of(4, fc.record({ do: constant('turn') })),
)

const plus = (a: number, b: number): number => (a + b) >>> 0
const ahead = (a: number, b: number): number => (a - b) | 0

/** A message of the peer. */
interface Given {
  readonly id: number
  readonly settled: boolean
  readonly frames: number
  readonly parts: Buffer[]
}

/** A link as the peer sees it. */
class ModelLink {
  readonly window: number
  readonly second: boolean
  receiver!: Receiver
  deliveryCount: number
  /** delivery-count + link-credit of the last Flow: the peer may send up to here. */
  limit: number
  onItsWay: Given | undefined
  readonly arrived: Delivery[] = []
  readonly expected: Given[] = []
  draining: Promise<void> | undefined
  mustDrain = false

  constructor({ window, second }: { window: number; second: boolean }, deliveryCount: number) {
    this.window = window
    this.second = second
    this.deliveryCount = deliveryCount
    this.limit = deliveryCount
  }

  get credit(): number {
    return ahead(this.limit, this.deliveryCount)
  }

  /** Delivered, and settled by nobody. */
  get held(): number {
    return this.arrived.filter((delivery) => !delivery.settled).length
  }
}

class Model {
  readonly links: readonly ModelLink[]
  readonly peer: MemoryPeer
  /** What the application has said of which delivery, until it is seen on the wire. */
  readonly #decided = new Map<number, Outcome['type']>()
  readonly #everDecided = new Set<number>()
  readonly #onWire = new Set<number>()
  /** Deliveries of which the peer has heard our outcome, and which it has to settle first. */
  readonly #toSettle = new Set<number>()
  #nextDeliveryId: number
  #nextOutgoingId: number
  #read = 0

  constructor(peer: MemoryPeer, first: number) {
    this.peer = peer
    this.links = KINDS.map((kind) => new ModelLink(kind, first))
    this.#nextDeliveryId = first
    this.#nextOutgoingId = first
  }

  start(): void {
    this.#read = this.peer.log.frames.findLastIndex(({ frame }) => frame?.type === 'attach') + 1
    for (const { frame } of this.peer.log.frames) if (frame?.type === 'flow') this.#onFlow(frame)
  }

  async act(action: Action): Promise<void> {
    const each = 'link' in action ? (this.links[action.link] as ModelLink) : undefined
    switch (action.do) {
      case 'transfer':
        return this.#transfer(each as ModelLink, action)
      case 'abort':
        return this.#abort(each as ModelLink)
      case 'settle':
        return this.#decide(action)
      case 'settleFirst':
        return this.#settleAsPeer(action.nth)
      case 'echo':
        return this.#flow(each as ModelLink, { echo: true })
      case 'grant':
        if (!each?.draining) each?.receiver.addCredit(action.credit)
        return
      case 'withdraw':
        if (!each?.draining) each?.receiver.withdrawCredit()
        return
      case 'drain':
        return this.#drain(each as ModelLink)
      default:
        await this.settleDown()
    }
  }

  async settleDown(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      await nextTurn()
      if (this.#readLog() > 0) quiet = -1
      for (const first of this.#toSettle) this.peer.send({ type: 'disposition', role: false, first, settled: true })
      this.#toSettle.clear()
      for (const each of this.links) if (each.mustDrain) this.#answerDrain(each)
    }
    for (const each of this.links) {
      if (each.window > 0) {
        const busy = each.held + (each.onItsWay ? 1 : 0)
        assert(each.credit + busy <= each.window, `${each.credit} granted and ${busy} held, of ${each.window}`)
        assert(each.credit > 0 || busy > 0, 'neither credit nor a delivery: the link has run dry')
      }
      assert.equal(each.receiver.credit, each.credit)
      assert.equal(each.receiver.unsettled, each.held)
      assert.deepEqual(
        each.arrived.map(({ id, payload, cameSettled }) => ({ id, payload, cameSettled })),
        each.expected.map(({ id, parts, settled }) => ({ id, payload: Buffer.concat(parts), cameSettled: settled })),
      )
    }
    assert.deepEqual([...this.#decided.keys()], [], 'what was decided has been told')
  }

  /** The peer keeps to the credit that it knows of. */
  #transfer(each: ModelLink, { frames, settled, size }: Extract<Action, { do: 'transfer' }>): void {
    const first = each.onItsWay === undefined
    if (first) {
      if (each.credit <= 0) return
      each.deliveryCount = plus(each.deliveryCount, 1)
      each.onItsWay = { id: this.#nextDeliveryId, settled, frames, parts: [] }
      this.#nextDeliveryId = plus(this.#nextDeliveryId, 1)
    }
    const given = each.onItsWay as Given
    given.parts.push(Buffer.alloc(size, given.id & 0xff))
    const more = given.parts.length < given.frames
    if (!more) {
      each.onItsWay = undefined
      each.expected.push(given)
    }
    const naming = first
      ? { deliveryId: given.id, deliveryTag: Buffer.from([given.id & 0xff, 1]), messageFormat: 0 }
      : {}
    // Only the last frame says that it is settled: any of them may.
    this.#send({ handle: each.receiver.handle, ...naming, more, settled: given.settled && !more }, given.parts.at(-1))
  }

  #abort(each: ModelLink): void {
    if (!each.onItsWay) return
    each.onItsWay = undefined
    this.#send({ handle: each.receiver.handle, aborted: true }, Buffer.from('of no interest'))
  }

  #send(transfer: Record<string, unknown>, payload: Buffer | undefined): void {
    this.peer.send({ type: 'transfer', ...transfer }, payload)
    this.#nextOutgoingId = plus(this.#nextOutgoingId, 1)
  }

  /** Neighbours, so that they go in ranges. */
  #decide({ nth, count, outcome }: Extract<Action, { do: 'settle' }>): void {
    const open = this.links.flatMap(({ arrived }) =>
      arrived.filter(({ settled, id }) => !settled && !this.#everDecided.has(id)),
    )
    open.sort((a, b) => ahead(a.id, b.id))
    for (const delivery of open.slice(nth, nth + count)) {
      this.#decided.set(delivery.id, outcome)
      this.#everDecided.add(delivery.id)
      delivery.settle({ type: outcome })
      delivery.accept() // does nothing any more
    }
  }

  /** The peer settles without waiting for us: what we say after that is not for the wire. */
  #settleAsPeer(nth: number): void {
    const open = this.links.flatMap(({ arrived }) => arrived.filter((delivery) => !delivery.settled))
    const delivery = open[nth]
    if (!delivery) return
    this.peer.send({ type: 'disposition', role: false, first: delivery.id, settled: true })
    assert.equal(delivery.settled, true)
    delivery.reject({ condition: 'too:late' })
  }

  #drain(each: ModelLink): void {
    if (each.draining || each.receiver.credit === 0) return
    each.draining = each.receiver.drain(600_000).then(() => {
      each.draining = undefined
    })
  }

  /** Gives back what it will not use. */
  #answerDrain(each: ModelLink): void {
    each.mustDrain = false
    each.deliveryCount = each.limit
    this.#flow(each, { drain: true, linkCredit: 0 })
  }

  #flow(each: ModelLink, fields: Record<string, unknown>): void {
    const { deliveryCount, credit: linkCredit } = each
    const session = { nextIncomingId: 0, incomingWindow: 10, nextOutgoingId: this.#nextOutgoingId, outgoingWindow: 10 }
    const handle = each.receiver.handle
    this.peer.send({ type: 'flow', ...session, handle, deliveryCount, linkCredit: Math.max(0, linkCredit), ...fields })
  }

  #readLog(): number {
    const fresh = this.peer.log.frames.slice(this.#read)
    this.#read += fresh.length
    for (const { frame } of fresh as WireFrame[]) {
      if (frame?.type === 'flow') this.#onFlow(frame)
      else if (frame?.type === 'disposition') this.#onDisposition(frame)
      else assert.fail(`a ${frame?.type} that nobody asked for`)
    }
    return fresh.length
  }

  #onFlow({ handle, deliveryCount, linkCredit, drain }: Flow): void {
    if (handle === undefined) return
    const each = this.links.find(({ receiver }) => receiver.handle === handle) as ModelLink
    each.limit = plus(deliveryCount as number, linkCredit as number)
    assert(ahead(each.deliveryCount, deliveryCount as number) >= 0, 'it has seen what was never sent')
    if (drain) each.mustDrain = true
  }

  #onDisposition({ role, first, last = first, settled, state }: Disposition): void {
    assert.equal(role, true)
    for (let id = first; ; id = plus(id, 1)) {
      const { second } = this.links.find(({ expected }) => expected.some((given) => given.id === id)) as ModelLink
      assert.equal(settled, !second)
      if (second) this.#toSettle.add(id)
      assert.equal(this.#decided.get(id), state?.type, `delivery ${id}`)
      assert(!this.#onWire.has(id), `delivery ${id} is settled twice`)
      this.#onWire.add(id)
      this.#decided.delete(id)
      if (id === last) return
    }
  }
}

const start = fc.constantFrom(0, 7, 0x7ffffffd, 0xfffffffa, 0xfffffffe, 0xffffffff)
const row = fc.array(action, { maxLength: 80, size: 'max' })

/** Runs so many rows of actions; throws with the shortest row that breaks a rule. */
export async function checkReceivers(runs: number, seed: number): Promise<void> {
  const property = fc.asyncProperty(start, row, async (first, actions) => {
    const peer = new MemoryPeer()
    const model = new Model(peer, first)
    const connection = await peer.open()
    const session = await peer.begin(connection, { nextOutgoingId: first, incomingWindow: 10, outgoingWindow: 10 })
    for (const [n, each] of model.links.entries()) {
      const onDelivery = (delivery: Delivery): void => void each.arrived.push(delivery)
      const attaching = session.attachReceiver({
        name: `link ${n}`,
        address: 'q',
        creditWindow: each.window,
        rcvSettleMode: each.second ? 1 : 0,
        onDelivery,
      })
      each.receiver = await peer.attach(attaching, 0, { initialDeliveryCount: first })
    }
    await nextTurn()
    model.start()
    for (const each of actions) await model.act(each)
    await model.settleDown()
    await Promise.all(model.links.map(({ draining }) => draining))
    connection.abort(new Error('the run is over'))
    await connection.closed
    assert.deepEqual(brokenRules(peer.log, { maxFrameSize: 65_536 }), [])
  })
  await fc.assert(property, { numRuns: runs, seed })
}

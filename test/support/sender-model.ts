// Any row of submissions, credit, drains, windows and dispositions, against the arithmetic of the specification written down once
// more (AMQP 1.0 part 2: 2.5.6 the session's window, 2.6.7 the link's credit): never beyond either, nothing held back that may go,
// every message whole and in order, every submission reported exactly once.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Sender } from '../../src/amqp/sender.ts'
import type { Submission } from '../../src/amqp/submission.ts'
import type { Outcome } from '../../src/codec/delivery-state.ts'
import type { Disposition, Flow, Transfer } from '../../src/codec/performatives.ts'
import { nextTurn, Reported } from './amqp-fixtures.ts'
import { MemoryPeer } from './memory-peer.ts'
import type { WireFrame } from './wire-log.ts'
import { brokenRules } from './wire-rules.ts'

type Action =
  | { readonly do: 'submit'; readonly link: number; readonly size: number; readonly settled: boolean }
  | { readonly do: 'cancel'; readonly nth: number }
  /** `behind`: so many deliveries that the peer has not seen yet. */
  | {
      readonly do: 'credit'
      readonly link: number
      readonly credit: number
      readonly behind: number
      readonly drain: boolean
    }
  | { readonly do: 'window'; readonly window: number; readonly behind: number }
  | {
      readonly do: 'settle'
      readonly from: number
      readonly count: number
      readonly state: Outcome['type']
      readonly settled: boolean
    }

const LINKS = 3
const link = fc.nat(LINKS - 1)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      link,
      size: fc.oneof(fc.nat(100), fc.nat(1600)),
      settled: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('credit' as const),
      link,
      credit: fc.oneof(fc.nat(6), fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff)),
      behind: fc.nat(2),
      drain: fc.oneof(fc.constant(false), fc.boolean()),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('window' as const),
      window: fc.oneof(fc.nat(8), fc.constantFrom(0x7fffffff, 0xffffffff)),
      behind: fc.nat(3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      from: fc.nat(10),
      count: fc.integer({ min: 1, max: 5 }),
      state: fc.constantFrom('accepted' as const, 'released' as const, 'rejected' as const, 'modified' as const),
      settled: fc.boolean(),
    }),
  },
)

const plus = (a: number, b: number): number => (a + b) >>> 0
const ahead = (a: number, b: number): number => (a - b) | 0

/** A submission, from the application to its report. */
class Sent extends Reported {
  readonly payload: Buffer
  submission: Submission | undefined
  cancelled = false
  id: number | undefined
  complete = false
  /** What the peer said of it that counts. */
  outcome: string | undefined
  /** The peer has said what becomes of it before it had all of it: nothing is told after that. */
  early = false
  /** The peer did not want the rest of it, or we took it back. */
  brokenOff = false

  constructor(n: number, size: number) {
    super()
    this.payload = Buffer.alloc(size, n)
  }
}

/** A link as the peer sees it. */
class ModelLink {
  readonly sender: Sender
  credit = 0
  deliveryCount = 0
  drain = false
  readonly waiting: Sent[] = []
  partial: { readonly sent: Sent; offset: number } | undefined

  constructor(sender: Sender) {
    this.sender = sender
  }
}

class Model {
  readonly links: readonly ModelLink[]
  readonly all: Sent[] = []
  readonly byId = new Map<number, Sent>()
  /** What the peer has not settled although it has an outcome: we settle it. */
  readonly toSettle = new Set<number>()
  nextOutgoingId = 0
  window: number
  #read = 0
  readonly #peer: MemoryPeer
  /** The peer's own number, of which ours must be independent. */
  readonly #theirNext: number

  constructor(peer: MemoryPeer, senders: readonly Sender[], window: number, theirNext: number) {
    this.#peer = peer
    this.#theirNext = theirNext
    this.links = senders.map((sender) => new ModelLink(sender))
    this.window = window
    this.#read = peer.log.frames.length
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case 'submit':
        return this.#submit(action.link, action.size, action.settled)
      case 'cancel':
        this.#cancel(action.nth)
        return await this.settleDown() // it may be what a drain waited for
      default:
    }
    // What was encoded before the peer speaks has left before.
    await this.settleDown()
    if (action.do === 'credit') this.#grant(action.link, action.credit, action.behind, action.drain)
    else if (action.do === 'window') this.#open(action.window, action.behind)
    else this.#dispose(action)
    await this.settleDown()
  }

  /** Lets everything go that may, and judges it. */
  async settleDown(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      await nextTurn()
      if (this.#readLog() > 0) quiet = -1
    }
    for (const each of this.links) {
      const more = each.partial !== undefined || (each.credit > 0 && each.waiting.length > 0)
      assert(!more || this.window <= 0, `${each.sender.name} holds back what may go`)
      assert.equal(each.sender.credit, each.credit)
      assert.equal(each.sender.queued, each.waiting.length + (each.partial ? 1 : 0))
    }
    assert.deepEqual([...this.toSettle], [], 'what the peer leaves to us is settled')
  }

  #submit(at: number, size: number, settled: boolean): void {
    const each = this.links[at]!
    const sent = new Sent(this.all.length % 251, size)
    this.all.push(sent)
    each.waiting.push(sent)
    sent.submission = each.sender.submit(sent.payload, { settled }, sent)
  }

  #cancel(nth: number): void {
    const sent = this.all[nth]
    if (!sent?.submission?.cancel()) return
    assert(!sent.complete, 'what has left cannot be cancelled')
    sent.cancelled = true
    sent.brokenOff = sent.id !== undefined
    for (const { waiting } of this.links) if (waiting.includes(sent)) waiting.splice(waiting.indexOf(sent), 1)
  }

  #grant(at: number, linkCredit: number, behind: number, drain: boolean): void {
    const each = this.links[at]!
    const deliveryCount = plus(each.deliveryCount, -Math.min(behind, this.#sentOn(each)))
    each.credit = Math.max(0, linkCredit - ahead(each.deliveryCount, deliveryCount))
    each.drain = drain
    this.#flow({ handle: each.sender.handle, deliveryCount, linkCredit, drain })
  }

  #sentOn(each: ModelLink): number {
    return this.all.filter(({ id, submission }) => id !== undefined && submission?.sender === each.sender).length
  }

  #open(window: number, behind: number): void {
    const nextIncomingId = plus(this.nextOutgoingId, -Math.min(behind, this.nextOutgoingId))
    this.window = Math.max(0, window - ahead(this.nextOutgoingId, nextIncomingId))
    this.#flow({ nextIncomingId, incomingWindow: window })
  }

  #flow(fields: Record<string, unknown>): void {
    const session = { nextIncomingId: this.nextOutgoingId, incomingWindow: Math.max(0, this.window) }
    this.#peer.send({ type: 'flow', ...session, nextOutgoingId: this.#theirNext, outgoingWindow: 7, ...fields })
  }

  #dispose({ from, count, state, settled }: Extract<Action, { do: 'settle' }>): void {
    if (this.byId.size === 0) return
    const first = from % this.byId.size
    for (let id = first; id < first + count; id++) {
      const sent = this.byId.get(id)
      if (!sent || sent.outcome !== undefined || sent.submission?.settled || sent.cancelled) continue
      sent.outcome = state
      sent.early = !sent.complete
      sent.brokenOff = sent.early && state !== 'accepted'
      if (!settled) this.toSettle.add(id)
    }
    this.#peer.send({
      type: 'disposition',
      role: true,
      first,
      last: first + count - 1,
      settled,
      state: { type: state },
    })
  }

  /** Returns how many frames were new. */
  #readLog(): number {
    const fresh = this.#peer.log.frames.slice(this.#read)
    this.#read += fresh.length
    for (const frame of fresh) this.#look(frame)
    return fresh.length
  }

  #look({ frame, payload }: WireFrame): void {
    if (frame?.type === 'transfer') this.#onTransfer(frame, payload)
    else if (frame?.type === 'flow') this.#onFlow(frame)
    else if (frame?.type === 'disposition') this.#onDisposition(frame)
    else assert.fail(`a ${frame?.type} that nobody asked for`)
  }

  #linkOf(handle: number | undefined): ModelLink {
    const found = this.links.find(({ sender }) => sender.handle === handle)
    assert(found)
    return found
  }

  #onTransfer(transfer: Transfer, payload: Buffer): void {
    const each = this.#linkOf(transfer.handle)
    assert(this.window > 0, 'a transfer beyond the window of the session')
    this.window -= 1
    this.nextOutgoingId = plus(this.nextOutgoingId, 1)
    if (!each.partial) this.#startDelivery(each, transfer)
    const partial = each.partial as { sent: Sent; offset: number }
    if (transfer.aborted) {
      assert(partial.sent.brokenOff, 'only what the peer settled early, or we took back, is broken off')
      each.partial = undefined
      return
    }
    const end = partial.offset + payload.length
    assert.deepEqual(payload, partial.sent.payload.subarray(partial.offset, end))
    partial.offset = end
    if (transfer.more) return
    assert.equal(end, partial.sent.payload.length, 'the whole message')
    assert(!partial.sent.brokenOff, 'what is broken off is not completed')
    partial.sent.complete = true
    each.partial = undefined
  }

  #startDelivery(each: ModelLink, { deliveryId, settled }: Transfer): void {
    assert(each.credit > 0, 'a delivery beyond the credit of the link')
    each.credit -= 1
    each.deliveryCount = plus(each.deliveryCount, 1)
    const sent = each.waiting.shift() as Sent
    assert.equal(deliveryId, this.byId.size)
    assert.equal(settled, sent.submission?.settled)
    sent.id = deliveryId as number
    this.byId.set(sent.id, sent)
    each.partial = { sent, offset: 0 }
  }

  #onFlow({ handle, deliveryCount, linkCredit, drain, nextOutgoingId, nextIncomingId }: Flow): void {
    const each = this.#linkOf(handle)
    assert.deepEqual([nextOutgoingId, nextIncomingId], [this.nextOutgoingId, this.#theirNext])
    if (drain) {
      assert(each.drain, 'drained without being asked')
      assert(each.credit === 0 || each.waiting.length === 0, 'what waits goes before the credit is given back')
      each.deliveryCount = plus(each.deliveryCount, each.credit)
      each.credit = 0
    }
    assert.deepEqual([deliveryCount, linkCredit], [each.deliveryCount, each.credit])
  }

  #onDisposition({ role, first, last = first, settled }: Disposition): void {
    assert.deepEqual([role, settled], [false, true])
    for (let id = first; id <= last; id++) assert(this.toSettle.delete(id), `delivery ${id} is not ours to settle now`)
  }
}

/** What a submission has to be told in the end, when the peer goes without having settled more. */
function expectedCalls(sent: Sent): unknown[] {
  if (sent.cancelled) return []
  const left = sent.complete && !sent.early ? ['sent'] : []
  if (sent.submission?.settled && sent.complete) return left
  if (sent.outcome) return [...left, sent.outcome]
  return [...left, { failed: 'parent', sent: sent.id !== undefined }]
}

const start = fc.record({ window: fc.nat(5), theirNext: fc.constantFrom(0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff) })
const row = fc.array(action, { maxLength: 60, size: 'max' })

/** Runs so many rows of actions; throws with the shortest row that breaks a rule. */
export async function checkSenders(runs: number, seed: number): Promise<void> {
  const property = fc.asyncProperty(start, row, async ({ window, theirNext }, actions) => {
    const peer = new MemoryPeer()
    const connection = await peer.open({}, { maxFrameSize: 512 })
    const session = await peer.begin(connection, {
      nextOutgoingId: theirNext,
      incomingWindow: window,
      outgoingWindow: 7,
    })
    const senders: Sender[] = []
    for (let n = 0; n < LINKS; n++)
      senders.push(await peer.attach(session.attachSender({ name: `link ${n}`, address: 'q' }), 0))
    const model = new Model(peer, senders, window, theirNext)
    for (const each of actions) await model.act(each)
    await model.settleDown()
    connection.abort(new Error('the run is over'))
    await connection.closed
    await nextTurn()
    for (const sent of model.all) assert.deepEqual(sent.calls, expectedCalls(sent))
    assert.deepEqual(brokenRules(peer.log, { maxFrameSize: 512 }), [])
  })
  await fc.assert(property, { numRuns: runs, seed })
}

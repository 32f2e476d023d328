// A queue of the imitated Service Bus, or a subscription to a topic of it, which is the same: messages that are locked for who has
// them and gone when he has accepted them (the lock of a message ends with its link, and not by time as there). One with sessions
// gives each message to who holds the session that it is of.

import { setTimeout as later } from 'node:timers/promises'
import { MessageSplicer, type Outcome, type Sender } from '../../src/amqp/index.ts'
import { monotonicMs } from '../../src/support/deadline.ts'

/** So often a message comes before it is put aside as a dead letter. */
const MAX_DELIVERIES = 10

interface Kept {
  readonly bytes: Buffer
  readonly group: string | undefined
  readonly expiresAt: number
  deliveries: number
}

interface Consumer {
  readonly sender: Sender
  /** Of a queue with sessions. */
  readonly group: string | undefined
}

const splicer = new MessageSplicer()

export class ServiceBusQueue {
  readonly hasSessions: boolean
  readonly #ready: Kept[] = []
  readonly #consumers: Consumer[] = []
  /** Until when each session is its holder's. */
  readonly #locks = new Map<string, number>()
  deadLetters = 0

  constructor(hasSessions: boolean) {
    this.hasSessions = hasSessions
  }

  put(bytes: Buffer, group: string | undefined, ttlMs: number | undefined): void {
    this.#ready.push({ bytes, group, expiresAt: monotonicMs() + (ttlMs ?? Number.POSITIVE_INFINITY), deliveries: 0 })
    this.dispatch()
  }

  add(sender: Sender, group: string | undefined): void {
    this.#consumers.push({ sender, group })
    void sender.closed.then(() => {
      const at = this.#consumers.findIndex((one) => one.sender === sender)
      if (at >= 0) this.#consumers.splice(at, 1)
      if (group !== undefined) this.#locks.delete(group)
    })
  }

  isLocked(group: string): boolean {
    return this.#locks.has(group)
  }

  /** `lostAfterMs`: the lock duration. Whose lock has ended loses the link. */
  lock(group: string, lostAfterMs: number): void {
    const until = monotonicMs() + lostAfterMs
    this.#locks.set(group, until)
    void later(lostAfterMs, undefined, { ref: false }).then(() => {
      if (this.#locks.get(group) !== until) return
      const condition = 'com.microsoft:session-lock-lost'
      const holder = this.#consumers.find((one) => one.group === group)
      void holder?.sender.detach({ error: { condition, description: `the lock of session ${group} has ended` } })
    })
  }

  /** What is ready goes to those who have credit, in turn. */
  dispatch(): void {
    for (let at = 0; at < this.#ready.length; ) {
      const kept = this.#ready[at] as Kept
      const consumer = kept.expiresAt > monotonicMs() ? this.#next(kept) : undefined
      if (consumer || kept.expiresAt <= monotonicMs()) this.#ready.splice(at, 1)
      else if (this.hasSessions) at += 1
      else return
      if (consumer) this.#deliver(kept, consumer)
    }
  }

  #next({ group }: Kept): Consumer | undefined {
    const at = this.#consumers.findIndex(
      (one) =>
        one.sender.isAttached &&
        one.sender.credit > one.sender.queued &&
        one.group === (this.hasSessions ? group : undefined),
    )
    if (at < 0) return undefined
    const [consumer] = this.#consumers.splice(at, 1) as [Consumer]
    this.#consumers.push(consumer)
    return consumer
  }

  #deliver(kept: Kept, { sender }: Consumer): void {
    const { header, sections } = splicer.split(kept.bytes)
    const again = kept.deliveries
    kept.deliveries += 1
    sender.submit(
      splicer.join({ ...header, deliveryCount: again, firstAcquirer: again === 0 }, sections),
      { settled: sender.remoteAttach?.sndSettleMode === 1 },
      {
        onOutcome: (outcome) => this.#settled(kept, outcome),
        onFailed: () => this.#giveBack(kept),
      },
    )
  }

  /** Whatever it is that was not accepted comes again. */
  #settled(kept: Kept, outcome: Outcome | undefined): void {
    if (outcome?.type !== 'accepted') this.#giveBack(kept)
    else this.dispatch()
  }

  #giveBack(kept: Kept): void {
    if (kept.deliveries >= MAX_DELIVERIES) this.deadLetters += 1
    else this.#ready.unshift(kept)
    this.dispatch()
  }
}

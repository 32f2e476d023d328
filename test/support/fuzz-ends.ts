// One bent stream fed to an end of ours over a socket in memory, and what must hold while and after it is fed.

import type { Connection } from '../../src/amqp/connection.ts'
import { nextTurn } from './amqp-fixtures.ts'
import type { Conversation } from './conversations.ts'
import type { FuzzHub, Trace } from './fuzz-hub.ts'
import { allocatedBytes, collectGarbage } from './heap.ts'
import { acceptOver, connectOver } from './memory-connection.ts'
import { MemorySocket } from './memory-socket.ts'
import type { Unit } from './mutations.ts'
import { PuppetClient } from './puppet-client.ts'
import { Random } from './random.ts'
import { WireLog } from './wire-log.ts'
import { brokenRules } from './wire-rules.ts'

/** What one case may allocate in all, garbage included, and what of it may still be held at its end. */
const MAX_ALLOCATED = 64 * 1024 * 1024
const MAX_HELD = 4 * 1024 * 1024

/** Turns of the event loop within which everything settles when the peer is gone: nothing may wait for a deadline then. */
const PATIENCE_TURNS = 1_000

/** Feeds what a client said to a listener of ours. Resolves with what is wrong; empty: nothing. */
export async function feedListener(units: readonly Unit[], hub: FuzzHub, seed: number): Promise<string[]> {
  hub.surprise(seed)
  const end = new FuzzedEnd()
  const connection = acceptOver(end.socket, hub.options)
  await end.feed(units, new Random(seed))
  return await end.verdict(connection, hub.trace(connection))
}

/** Feeds what a server said to a client of ours that does what the recorded one did. */
export async function feedClient(units: readonly Unit[], conversation: Conversation, seed: number): Promise<string[]> {
  const end = new FuzzedEnd()
  const { connection, opened } = connectOver(end.socket, clientOptions(conversation))
  const puppet = new PuppetClient(opened, 600_000)
  const frames = framesByStep(conversation)
  const random = new Random(~seed)
  const leavesAt = random.chance(0.15) ? random.below(conversation.steps.length) : -1
  await end.feed(units, new Random(seed), (step) => {
    for (const frame of frames.get(step) ?? []) puppet.act(frame)
    if (step === leavesAt) puppet.leave(random.pick(['link', 'session', 'connection', 'abort'] as const))
  })
  return await end.verdict(connection, puppet.trace)
}

export function clientOptions({ steps }: Conversation): object {
  const sasl = steps[0]?.units[0]?.[4] === 3
  const plain = steps.some(({ units }) => units.some((unit) => unit.includes('PLAIN')))
  const credentials = plain ? { username: 'alice', password: 'secret' } : {}
  return {
    containerId: 'client',
    channelMax: 15,
    handleMax: 15,
    maxMessageSize: 20_000,
    sasl: sasl ? credentials : undefined,
  }
}

export function framesByStep({ steps }: Conversation): Map<number, WireLog['frames']> {
  return new Map(
    steps.flatMap(({ from, units }, n) => {
      if (from !== 'client') return []
      const log = new WireLog()
      for (const unit of units) log.push(unit)
      return [[n, log.frames] as const]
    }),
  )
}

class FuzzedEnd {
  readonly log = new WireLog()
  readonly socket = new MemorySocket((chunk) => this.#onWritten(chunk))
  readonly #problems: string[] = []
  readonly #before = allocatedBytes()
  #fed = 0

  /** `before`: what else is done before the units of that step and of those between the last one and it. */
  async feed(units: readonly Unit[], random: Random, before: (step: number) => void = () => {}): Promise<void> {
    let step = -1
    for (const unit of units) {
      if (unit.step > step) {
        while (step < unit.step) before(++step)
        this.#readOrNot(random)
        for (let turns = random.between(1, 3); turns > 0; turns--) await nextTurn()
        this.#checkAllocated()
      }
      this.#feedPieces(unit.bytes, random)
    }
    await nextTurn()
    this.#checkAllocated()
    this.socket.release()
    this.socket.feedEnd()
  }

  /** A peer that does not read for a while. */
  #readOrNot(random: Random): void {
    if (random.chance(0.1)) this.socket.hold()
    else if (random.chance(0.3)) this.socket.release()
  }

  async verdict(connection: Connection, trace: Trace): Promise<string[]> {
    let settled = false
    const all = this.#settleAll(connection, trace).then(() => {
      settled = true
    })
    for (let turns = 0; !settled && turns < PATIENCE_TURNS; turns++) await nextTurn()
    if (!settled) return [...this.#problems, 'not everything settles when the peer is gone']
    await all
    const { maxFrameSize } = connection.remote
    const limit = maxFrameSize === 512 ? Math.max(512, this.#openSize()) : maxFrameSize
    this.#problems.push(...brokenRules(this.log, { maxFrameSize: limit }))
    await this.#checkTold(connection, trace)
    return this.#problems
  }

  #feedPieces(bytes: Buffer, random: Random): void {
    this.#fed += bytes.length
    if (random.chance(0.7)) return this.socket.feed(bytes)
    for (let at = 0; at < bytes.length; ) {
      const length = random.between(1, 40)
      this.socket.feed(bytes.subarray(at, at + length))
      at += length
    }
  }

  /** Promises come in while others settle. */
  async #settleAll(connection: Connection, trace: Trace): Promise<void> {
    await connection.closed
    for (let seen = -1; seen !== trace.promises.length; ) {
      seen = trace.promises.length
      await Promise.all(trace.promises)
      await nextTurn()
    }
  }

  #onWritten(chunk: Buffer): void {
    try {
      this.log.push(chunk)
    } catch (error) {
      this.#problems.push(`what was written is no AMQP: ${String(error)}`)
    }
  }

  /** Our Open goes out before the peer's limit is known. */
  #openSize(): number {
    return this.log.frames.find(({ frame }) => frame?.type === 'open')?.size ?? 0
  }

  #checkAllocated(): void {
    const allocated = allocatedBytes() - this.#before
    if (allocated > MAX_ALLOCATED) this.#problems.push(`${allocated} bytes allocated for ${this.#fed} that came`)
    if (allocated <= MAX_HELD + this.#fed) return
    collectGarbage()
    const held = allocatedBytes() - this.#before
    if (held > MAX_HELD + this.#fed) this.#problems.push(`${held} bytes held for ${this.#fed} that came`)
  }

  /** Where we found fault, the peer was told which: in a Close, an End or a Detach. */
  async #checkTold(connection: Connection, { violations, aborted }: Trace): Promise<void> {
    if (aborted) return
    const error = await connection.closed
    const told = (type: 'close' | 'end' | 'detach', condition: string | undefined): boolean =>
      this.log.of(type).some((frame) => frame.error?.condition === condition && (frame.error?.description ?? '') !== '')
    const early = /during the handshake|credentials|mechanism/.test(error?.message ?? '')
    // Where we had closed before, the fault was found in what nobody waited for any more.
    const closing = this.log.of('close').some((close) => close.error === undefined)
    if (error?.origin === 'local' && error.condition && !early && !closing && this.log.of('open').length > 0)
      if (!told('close', error.condition)) this.#problems.push(`no Close says ${error.message}`)
    for (const violation of violations)
      if (!told(violation.told, violation.error.condition))
        this.#problems.push(`no ${violation.told} says ${violation.error.message}`)
  }
}

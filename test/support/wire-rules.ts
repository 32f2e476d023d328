// What must hold for everything that an end of ours writes, whatever its peer did (AMQP 1.0 part 2): the order of open, begin,
// attach and their counterparts, nothing on what is not there, numbers without gaps, frames no larger than was asked for.

import type { Attach, Begin, Disposition, Flow, Transfer } from '../../src/codec/performatives.ts'
import type { WireFrame, WireLog } from './wire-log.ts'

interface Link {
  readonly weSend: boolean
  /** The id of a delivery whose last frame is missing. */
  partial: number | undefined
}

class Channel {
  readonly links = new Map<number, Link>()
  /** Of the next transfer frame, and of the next delivery. */
  nextOutgoingId: number
  nextDeliveryId: number | undefined

  constructor(begin: Begin) {
    this.nextOutgoingId = begin.nextOutgoingId
  }
}

export interface WireLimits {
  /** What the peer takes. */
  readonly maxFrameSize: number
}

/** Says what is wrong with what was written; empty: nothing. */
export function brokenRules(log: WireLog, limits: WireLimits): string[] {
  const judge = new Judge(limits)
  for (const frame of log.frames) judge.look(frame)
  if (log.unfinished > 0) judge.problems.push(`${log.unfinished} bytes of a frame that never became whole`)
  const [first, second, ...more] = log.headers
  if (log.frames.length > 0 && first?.before !== 0) judge.problems.push('frames without a protocol header')
  if (second && first?.protocolId !== 3) judge.problems.push('a second header without SASL')
  if (more.length > 0) judge.problems.push('more than two headers')
  return judge.problems
}

class Judge {
  readonly problems: string[] = []
  readonly #limits: WireLimits
  readonly #channels = new Map<number, Channel>()
  #opened = false
  #closed = false

  constructor(limits: WireLimits) {
    this.#limits = limits
  }

  look({ frame, channel, payload, size, frameType }: WireFrame): void {
    const what = frame?.type ?? 'an empty frame'
    if (this.#closed) this.#say(`${what} after the Close`)
    if (size > this.#limits.maxFrameSize)
      this.#say(`${what} of ${size} bytes, and the peer takes ${this.#limits.maxFrameSize}`)
    if (frameType === 1 ? this.#opened : !this.#opened && frame?.type !== 'open')
      this.#say(`${what} in a frame of type ${frameType}, ${this.#opened ? 'after' : 'before'} the Open`)
    switch (frame?.type) {
      case undefined:
        return
      case 'open':
        if (this.#opened || channel !== 0) this.#say(`a second Open, or one on channel ${channel}`)
        this.#opened = true
        return
      case 'close':
        this.#checkCondition('close', frame.error)
        this.#closed = true
        return
      case 'begin':
        if (this.#channels.has(channel)) this.#say(`begin on channel ${channel}, which has a session`)
        this.#channels.set(channel, new Channel(frame))
        return
      default:
        if (frameType === 0) this.#lookAt(what, frame as never, channel, payload)
    }
  }

  #lookAt(type: string, frame: never, number: number, payload: Buffer): void {
    const channel = this.#channels.get(number)
    if (!channel) return this.#say(`${type} on channel ${number}, which has no session`)
    switch (type) {
      case 'end':
        this.#checkCondition('end', (frame as { error?: { condition: string } }).error)
        this.#channels.delete(number)
        break
      case 'attach':
        this.#onAttach(channel, frame)
        break
      case 'detach':
        this.#onDetach(channel, frame)
        break
      case 'flow':
        this.#onFlow(channel, frame)
        break
      case 'transfer':
        this.#onTransfer(channel, frame, payload)
        break
      case 'disposition':
        this.#onDisposition(frame)
        break
      default:
        this.#say(`${type} on a channel`)
    }
  }

  #onAttach({ links }: Channel, attach: Attach): void {
    if (links.has(attach.handle)) this.#say(`attach on handle ${attach.handle}, which is in use`)
    if (!attach.role && attach.initialDeliveryCount === undefined) this.#say('a sender without initial-delivery-count')
    links.set(attach.handle, { weSend: !attach.role, partial: undefined })
  }

  #onDetach({ links }: Channel, detach: { readonly handle: number; readonly error?: { condition: string } }): void {
    if (!links.delete(detach.handle)) this.#say(`detach of handle ${detach.handle}, which is not attached`)
    this.#checkCondition('detach', detach.error)
  }

  #onFlow(channel: Channel, flow: Flow): void {
    if (flow.handle !== undefined && !channel.links.has(flow.handle))
      this.#say(`flow of handle ${flow.handle}, which is not attached`)
    if (flow.nextOutgoingId !== channel.nextOutgoingId)
      this.#say(`flow.next-outgoing-id ${flow.nextOutgoingId}, expected ${channel.nextOutgoingId}`)
  }

  #onTransfer(channel: Channel, transfer: Transfer, payload: Buffer): void {
    channel.nextOutgoingId = (channel.nextOutgoingId + 1) >>> 0
    const link = channel.links.get(transfer.handle)
    if (!link?.weSend) return this.#say(`transfer on handle ${transfer.handle}, on which nothing is sent`)
    const id = transfer.deliveryId
    if (link.partial === undefined) {
      if (id === undefined || transfer.deliveryTag === undefined) return this.#say('a delivery without id or tag')
      if (channel.nextDeliveryId !== undefined && id !== channel.nextDeliveryId)
        this.#say(`delivery-id ${id}, expected ${channel.nextDeliveryId}`)
      channel.nextDeliveryId = (id + 1) >>> 0
    } else if (id !== undefined && id !== link.partial) this.#say(`delivery ${id} amid delivery ${link.partial}`)
    link.partial = transfer.more && !transfer.aborted ? (link.partial ?? id) : undefined
    if (transfer.more && payload.length === 0) this.#say('a continued transfer that carries nothing')
  }

  #onDisposition({ first, last }: Disposition): void {
    if (last !== undefined && ((last - first) | 0) < 0) this.#say(`a disposition from ${first} to ${last}`)
  }

  #checkCondition(what: string, error: { readonly condition: string } | undefined): void {
    if (error && !/^[!-~]+$/.test(error.condition)) this.#say(`${what} with the condition "${error.condition}"`)
  }

  #say(problem: string): void {
    this.problems.push(problem)
  }
}

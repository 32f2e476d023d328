// The sessions of a connection by our channel and by the peer's (AMQP 1.0 part 2, 2.5.1).

import { ProtocolViolation } from './errors.ts'
import type { Session } from './session.ts'

export class SessionTable {
  readonly #byChannel = new Map<number, Session>()
  readonly #byRemoteChannel = new Map<number, Session>()
  readonly #remoteChannels = new Map<Session, number>()
  readonly #free: number[] = []
  #next = 0
  readonly #ownChannelMax: number
  #channelMax: number

  constructor(channelMax: number) {
    this.#ownChannelMax = channelMax
    this.#channelMax = channelMax
  }

  get size(): number {
    return this.#byChannel.size
  }

  values(): IterableIterator<Session> {
    return this.#byChannel.values()
  }

  limitTo(remoteChannelMax: number): void {
    this.#channelMax = Math.min(this.#ownChannelMax, remoteChannelMax)
  }

  /** Undefined when all channels that the peer allows are in use. */
  freeChannel(): number | undefined {
    return this.#free.pop() ?? (this.#next <= this.#channelMax ? this.#next++ : undefined)
  }

  add(session: Session): void {
    this.#byChannel.set(session.channel, session)
  }

  byChannel(channel: number): Session | undefined {
    return this.#byChannel.get(channel)
  }

  byRemoteChannel(channel: number): Session | undefined {
    return this.#byRemoteChannel.get(channel)
  }

  /** The peer's Begin came on this channel. */
  map(session: Session, remoteChannel: number): void {
    if (remoteChannel > this.#ownChannelMax) {
      throw new ProtocolViolation('connection', 'amqp:connection:framing-error', `begin: expected a channel up to ${this.#ownChannelMax}, found ${remoteChannel}`)
    }
    if (this.#byRemoteChannel.has(remoteChannel)) {
      throw new ProtocolViolation('connection', 'amqp:not-allowed', `begin on channel ${remoteChannel}, which has a session`)
    }
    this.#byRemoteChannel.set(remoteChannel, session)
    this.#remoteChannels.set(session, remoteChannel)
  }

  remove(session: Session): void {
    if (this.#byChannel.get(session.channel) !== session) return
    this.#byChannel.delete(session.channel)
    this.#free.push(session.channel)
    const remoteChannel = this.#remoteChannels.get(session)
    if (remoteChannel !== undefined) this.#byRemoteChannel.delete(remoteChannel)
    this.#remoteChannels.delete(session)
  }

  takeAll(): readonly Session[] {
    const sessions = [...this.#byChannel.values()]
    this.#byChannel.clear()
    this.#byRemoteChannel.clear()
    this.#remoteChannels.clear()
    return sessions
  }
}

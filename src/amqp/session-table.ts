// The sessions of a connection: begun by us or by the peer, found by our channel and by the peer's
// (AMQP 1.0 part 2, 2.5.1 and 2.5.3).

import type { Begin } from '../codec/performatives.ts'
import { guarded } from '../support/guarded.ts'
import type { Connection } from './connection.ts'
import { ProtocolViolation, SessionError } from './errors.ts'
import { LowestNumbers } from './lowest-numbers.ts'
import { checkSessionOptions } from './option-checks.ts'
import type { SessionOptions } from './options.ts'
import { Session } from './session.ts'

export class SessionTable {
  readonly #connection: Connection
  readonly #onSession: ((session: Session) => void) | undefined
  readonly #byChannel = new Map<number, Session>()
  readonly #byRemoteChannel = new Map<number, Session>()
  readonly #remoteChannels = new Map<Session, number>()
  /** See MemoryBudget: of what the peer said when it began the session. */
  readonly #weights = new Map<Session, number>()
  readonly #channels = new LowestNumbers()
  readonly #ownChannelMax: number
  #channelMax: number

  /** `onSession` is told of the sessions that the peer begins. */
  constructor(connection: Connection, channelMax: number, onSession: ((session: Session) => void) | undefined) {
    this.#connection = connection
    this.#onSession = onSession
    this.#ownChannelMax = channelMax
    this.#channelMax = channelMax
  }

  values(): IterableIterator<Session> {
    return this.#byChannel.values()
  }

  /** The peer's channel-max limits ours. */
  limitTo(remoteChannelMax: number): void {
    this.#channelMax = Math.min(this.#ownChannelMax, remoteChannelMax)
  }

  /** Begins a session; resolves when the peer has begun it too. */
  async open(options: SessionOptions): Promise<Session> {
    checkSessionOptions(options)
    options.signal?.throwIfAborted()
    const channel = this.#freeChannel()
    if (channel === undefined) {
      throw new SessionError(
        `${this.#connection.remoteAddress}: no channel is free, ${this.#channelMax + 1} are allowed and in use`,
        { origin: 'local', condition: 'amqp:resource-limit-exceeded' },
      )
    }
    const session = this.#add(channel, options)
    await this.#begin(session)
    return session
  }

  /** The peer answers our Begin, or begins a session of its own, which is answered at once. `weight`: memory that the Begin takes. */
  onBegin(begin: Begin, channel: number, weight: number): void {
    if (begin.remoteChannel !== undefined) {
      const session = this.#byChannel.get(begin.remoteChannel)
      if (!session) {
        throw new ProtocolViolation(
          'connection',
          'amqp:invalid-field',
          `begin.remote-channel: ${begin.remoteChannel} has no session`,
        )
      }
      this.#map(session, channel, weight)
      session.onBegin(begin)
      return
    }
    const own = this.#freeChannel()
    if (own === undefined)
      throw new ProtocolViolation(
        'connection',
        'amqp:resource-limit-exceeded',
        'begin: no channel is free for the answer',
      )
    const session = this.#add(own, {})
    this.#map(session, channel, weight)
    session.onBegin(begin)
    session.answerBegin(channel)
    guarded(`onSession of ${this.#connection.remoteAddress}`, () => this.#onSession?.(session))
  }

  /** The session of the channel on which a frame of the peer came. */
  expect(what: string, channel: number): Session {
    const session = this.#byRemoteChannel.get(channel)
    if (session) return session
    throw new ProtocolViolation('connection', 'amqp:not-allowed', `${what} on channel ${channel}, which has no session`)
  }

  remove(session: Session): void {
    if (this.#byChannel.get(session.channel) !== session) return
    this.#byChannel.delete(session.channel)
    this.#channels.giveBack(session.channel)
    const remoteChannel = this.#remoteChannels.get(session)
    if (remoteChannel !== undefined) this.#byRemoteChannel.delete(remoteChannel)
    this.#remoteChannels.delete(session)
    this.#connection.resources.descriptionBudget.give(this.#weights.get(session) ?? 0)
    this.#weights.delete(session)
  }

  /** The connection is gone. */
  abandon(cause: Error | undefined): void {
    const sessions = [...this.#byChannel.values()]
    this.#byChannel.clear()
    this.#byRemoteChannel.clear()
    this.#remoteChannels.clear()
    for (const session of sessions) session.abandon(cause)
  }

  /** Undefined when all that the peer allows are in use. */
  #freeChannel(): number | undefined {
    return this.#channels.take(this.#channelMax)
  }

  /** A Begin that cannot be written leaves nothing behind. */
  #begin(session: Session): Promise<void> {
    try {
      return session.begin()
    } catch (error) {
      this.remove(session)
      throw error
    }
  }

  #add(channel: number, options: SessionOptions): Session {
    const session = new Session(this.#connection, channel, options)
    this.#byChannel.set(channel, session)
    return session
  }

  #map(session: Session, remoteChannel: number, weight: number): void {
    if (this.#byRemoteChannel.has(remoteChannel)) {
      throw new ProtocolViolation(
        'connection',
        'amqp:not-allowed',
        `begin on channel ${remoteChannel}, which has a session`,
      )
    }
    this.#connection.resources.descriptionBudget.take(weight)
    this.#weights.set(session, weight)
    this.#byRemoteChannel.set(remoteChannel, session)
    this.#remoteChannels.set(session, remoteChannel)
  }
}

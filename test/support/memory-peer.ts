// The other end of a client of ours, in memory: it says what it is told to say, frame by frame, and keeps what came.

import type { Connection } from '../../src/amqp/connection.ts'
import type { ConnectOptions } from '../../src/amqp/options.ts'
import type { Session } from '../../src/amqp/session.ts'
import { nextTurn } from './amqp-fixtures.ts'
import { connectOver } from './memory-connection.ts'
import { MemorySocket } from './memory-socket.ts'
import { type FrameOf, frameBytes, headerBytes, mirrored, type Scripted } from './scripted-peer.ts'
import { WireLog } from './wire-log.ts'

export class MemoryPeer {
  readonly log = new WireLog()
  readonly socket = new MemorySocket((chunk) => this.log.push(chunk))

  send(frame: Scripted, payload?: Uint8Array, channel = 0): void {
    this.socket.feed(frameBytes(frame, payload, channel))
  }

  /** A client of ours that is open. */
  async open(options: ConnectOptions = {}, open: Record<string, unknown> = {}): Promise<Connection> {
    const { opened } = connectOver(this.socket, options)
    this.socket.feed(headerBytes())
    this.send({ type: 'open', containerId: 'peer', ...open })
    return await opened
  }

  /** One more session; the peer's channel is ours. */
  async begin(connection: Connection, begin: Record<string, unknown>): Promise<Session> {
    const before = this.log.frames.length
    const opening = connection.openSession()
    await nextTurn()
    const { channel } = this.log.frames[before] as { channel: number }
    this.send({ type: 'begin', remoteChannel: channel, ...begin } as Scripted, undefined, channel)
    return await opening
  }

  /** Answers the attach that `attaching` has just sent. */
  async attach<T>(attaching: Promise<T>, channel: number, fields: Record<string, unknown> = {}): Promise<T> {
    await nextTurn()
    const theirs = this.log.of('attach').at(-1) as FrameOf<'attach'>
    this.send(mirrored(theirs, fields), undefined, channel)
    return await attaching
  }
}

// A broken or malicious peer as a table: what it sends to a listener that takes every link, what ends because of it, and what it is
// told. The listener goes on serving others each time.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Listener } from '../../src/amqp/listener.ts'
import type { ListenOptions } from '../../src/amqp/options.ts'
import { assertServes, clientOf, startListener } from './amqp-fixtures.ts'
import { frameBytes, type Scripted, type ScriptedPeer } from './scripted-peer.ts'

export const OPEN = { type: 'open', containerId: 'scripted' } as const
export const BEGIN = { type: 'begin', nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 } as const
/** The peer sends on handle 0. */
export const SEND = {
  type: 'attach',
  name: 'up',
  handle: 0,
  role: false,
  source: {},
  target: { address: 'q' },
  initialDeliveryCount: 0,
} as const
/** The peer receives on handle 1. */
export const RECEIVE = {
  type: 'attach',
  name: 'down',
  handle: 1,
  role: true,
  source: { address: 'q' },
  target: {},
} as const
export const TRANSFER = { type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1) } as const
export const FLOW = {
  type: 'flow',
  nextIncomingId: 0,
  incomingWindow: 10,
  nextOutgoingId: 0,
  outgoingWindow: 10,
} as const

export interface HostileCase {
  /** Behind "a peer that". */
  readonly what: string
  readonly sends: readonly (Scripted | Buffer)[]
  readonly ends: 'close' | 'end' | 'detach'
  readonly condition: string
  readonly description: RegExp
}

/** A listener that takes every link and holds every delivery. */
export const hospitable = (t: TestContext, options: ListenOptions = {}): Promise<Listener> =>
  startListener(t, {
    onLink: (request) => {
      if (request.role === 'sender') request.acceptReceiver({ creditWindow: 10, onDelivery: () => {} })
      else request.acceptSender({})
    },
    ...options,
  })

/** One with narrow limits, and a peer that has begun at it. */
export async function begun(
  t: TestContext,
  options: ListenOptions = {},
): Promise<{ listener: Listener; peer: ScriptedPeer }> {
  const listener = await hospitable(t, {
    maxFrameSize: 4096,
    channelMax: 7,
    handleMax: 7,
    maxMessageSize: 1000,
    ...options,
  })
  return { listener, peer: await clientOf(t, listener) }
}

/** How its end is called in the title of its test. */
export const ENDED = { close: 'connection closed', end: 'session ended', detach: 'link detached' } as const

/** What the case sends ends what it says, with that reason, and nothing else; the listener serves the next one. */
export async function assertEnds(t: TestContext, { sends, ends, condition, description }: HostileCase): Promise<void> {
  const { listener, peer } = await begun(t)
  const [connection] = listener.connections
  assert(connection)
  peer.sendRaw(Buffer.concat(sends.map((frame) => (Buffer.isBuffer(frame) ? frame : frameBytes(frame)))))
  const { error } = await peer.expectLater(ends)
  assert.equal(error?.condition, condition)
  assert.match(error?.description ?? '', description)
  if (ends === 'close') {
    await peer.expectEnd()
    peer.socket.end()
    const closed = await connection.closed
    assert.deepEqual([closed?.origin, closed?.condition], ['local', condition])
  } else {
    assert.equal(connection.isOpen, true)
    peer.send({ type: 'end' })
    if (ends === 'end') await peer.beginAsClient()
  }
  await assertServes(t, listener)
}

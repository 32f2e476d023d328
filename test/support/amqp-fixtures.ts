// Where most tests of amqp/ begin: a connection of ours with a scripted peer at its other end. All of it goes with the test.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { connect } from '../../src/amqp/connect.ts'
import type { Connection } from '../../src/amqp/connection.ts'
import type { LinkError } from '../../src/amqp/errors.ts'
import type { Listener } from '../../src/amqp/listener.ts'
import { listen } from '../../src/amqp/listener.ts'
import type { ConnectOptions, ListenOptions, ReceiverOptions, SenderOptions } from '../../src/amqp/options.ts'
import type { Receiver } from '../../src/amqp/receiver.ts'
import type { Sender } from '../../src/amqp/sender.ts'
import type { Session } from '../../src/amqp/session.ts'
import type { SendHandler } from '../../src/amqp/submission.ts'
import type { Outcome } from '../../src/codec/delivery-state.ts'
import { Encoder } from '../../src/codec/encoder.ts'
import { encodeMessage } from '../../src/codec/sections.ts'
import { dial, type ScriptedPeer, scriptedServer } from './scripted-peer.ts'

export interface OpenClient {
  readonly connection: Connection
  readonly peer: ScriptedPeer
}

/** A client of ours, open, and the scripted server that it talks to. */
export async function openClient(
  t: TestContext,
  options: ConnectOptions = {},
  theirOpen: Record<string, unknown> = {},
): Promise<OpenClient> {
  const server = await scriptedServer(t)
  const connecting = connect({ host: '127.0.0.1', port: server.port, ...options })
  const peer = await server.accept()
  await peer.openAsServer(theirOpen)
  const connection = await connecting
  t.after(() => connection.abort(new Error('the test is over')))
  return { connection, peer }
}

export interface OpenSession extends OpenClient {
  readonly session: Session
}

export async function openSession(
  t: TestContext,
  theirBegin: Record<string, unknown> = {},
  options: ConnectOptions = {},
  theirOpen: Record<string, unknown> = {},
): Promise<OpenSession> {
  const { connection, peer } = await openClient(t, options, theirOpen)
  const [session] = await Promise.all([connection.openSession(), peer.beginAsServer(theirBegin)])
  return { connection, peer, session }
}

/** A sender of ours, attached; `credit` is granted if it is not 0. */
export async function attachedSender(
  t: TestContext,
  credit: number,
  options: SenderOptions = {},
  open: { begin?: Record<string, unknown>; open?: Record<string, unknown>; attach?: Record<string, unknown> } = {},
): Promise<OpenSession & { readonly sender: Sender }> {
  const opened = await openSession(t, open.begin, {}, open.open)
  const sender = await addSender(opened, credit, options, open.attach)
  return { ...opened, sender }
}

/** One more on the same session. */
export async function addSender(
  { session, peer }: OpenSession,
  credit: number,
  options: SenderOptions = {},
  attach: Record<string, unknown> = {},
): Promise<Sender> {
  const [sender] = await Promise.all([
    session.attachSender({ address: 'queue', ...options }),
    peer.attachAsServer(attach),
  ])
  if (credit > 0) {
    peer.send(creditFor(sender.handle, credit, { deliveryCount: options.initialDeliveryCount ?? 0 }))
    await until(() => sender.credit > 0)
  }
  return sender
}

export async function attachedReceiver(
  t: TestContext,
  options: ReceiverOptions = {},
  attach: Record<string, unknown> = {},
): Promise<OpenSession & { readonly receiver: Receiver }> {
  const opened = await openSession(t)
  const { session, peer } = opened
  const [receiver] = await Promise.all([
    session.attachReceiver({ address: 'queue', ...options }),
    peer.attachAsServer(attach),
  ])
  return { ...opened, receiver }
}

/** The Flow of a receiver that has received `deliveryCount` messages. */
export const creditFor = (
  handle: number,
  linkCredit: number,
  more: Record<string, unknown> = {},
): { type: 'flow'; [field: string]: unknown } => ({
  type: 'flow',
  nextIncomingId: 0,
  incomingWindow: 1000,
  nextOutgoingId: 0,
  outgoingWindow: 1000,
  handle,
  deliveryCount: 0,
  linkCredit,
  ...more,
})

/** A listener of ours. */
export async function startListener(t: TestContext, options: ListenOptions = {}): Promise<Listener> {
  const listener = await listen(options)
  t.after(async () => {
    for (const connection of listener.connections) connection.abort(new Error('the test is over'))
    await listener.close()
  })
  return listener
}

/** A scripted client that has opened and begun at a listener of ours. */
export async function clientOf(t: TestContext, listener: Listener): Promise<ScriptedPeer> {
  const peer = await dial(t, listener.port)
  await peer.openAsClient()
  await peer.beginAsClient()
  return peer
}

/** A connection works as long as one can go on over it: opens one more and closes it. */
export async function assertServes(t: TestContext, listener: Listener): Promise<void> {
  const peer = await clientOf(t, listener)
  peer.send({ type: 'close' })
  await peer.expect('close')
}

/** Passes turns of the event loop until it is so. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    assert(turns < 100_000, `it never came: ${condition.toString()}`)
    await nextTurn()
  }
}

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The bytes of a message with a string for its body. */
export function bodyOf(value: string): Buffer {
  const encoder = new Encoder(256)
  encodeMessage(encoder, { body: { type: 'value', value } })
  return Buffer.from(encoder.take())
}

/** Writes down what a submission is told. */
export class Reported implements SendHandler {
  readonly calls: unknown[] = []
  onSent(): void {
    this.calls.push('sent')
  }
  onOutcome(outcome: Outcome | undefined): void {
    this.calls.push(outcome?.type ?? 'settled')
  }
  onFailed(error: LinkError, sent: boolean): void {
    this.calls.push({ failed: error.origin, sent })
  }
}

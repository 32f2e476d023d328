// Both ends of a SASL exchange without a connection.

import assert from 'node:assert/strict'
import type { ServerSaslOptions } from '../../src/amqp/options.ts'
import type { ClientChannel } from '../../src/amqp/sasl-choice.ts'
import type { Admission, ClientExchange, ServerExchange, ServerStep } from '../../src/amqp/sasl-exchange.ts'
import { type PeerChannel, SaslOffer } from '../../src/amqp/sasl-offer.ts'
import type { SaslInit } from '../../src/codec/sasl-frames.ts'

export const PROTECTED: ClientChannel = { host: 'bus.example', certificate: false, confidential: true }
export const PEER: PeerChannel = { remoteAddress: '127.0.0.1:1', subject: undefined, confidential: true }

export const init = (mechanism: string, response?: string | Buffer, hostname?: string): SaslInit => ({
  type: 'sasl-init',
  mechanism,
  initialResponse: response === undefined ? undefined : Buffer.from(response),
  hostname,
})

/** The first step of a listener with these options. */
export async function stepOf(
  options: ServerSaslOptions,
  choice: SaslInit,
  channel: Partial<PeerChannel> = {},
): Promise<ServerStep> {
  const exchange = new SaslOffer(options).exchange(choice, { ...PEER, ...channel })
  return exchange ? await exchange.start(choice.initialResponse ?? Buffer.alloc(0)) : { code: 1 }
}

/** The sasl-code that it ends with, at once. */
export async function codeOf(
  options: ServerSaslOptions,
  choice: SaslInit,
  channel: Partial<PeerChannel> = {},
): Promise<number> {
  return admissionOf(await stepOf(options, choice, channel)).code
}

export function admissionOf(step: ServerStep): Admission {
  assert('code' in step, 'the server decides')
  return step
}

export function challengeOf(step: ServerStep): Buffer {
  assert('challenge' in step, 'the server asks back')
  return step.challenge
}

/** All of it: what the two say, in turn, and what the server says in the end. */
export async function talk(
  client: ClientExchange,
  server: ServerExchange,
): Promise<{ readonly said: string[]; readonly admission: Admission }> {
  const said: string[] = []
  let message = await client.start()
  said.push(message.toString())
  let step = await server.start(message)
  while ('challenge' in step) {
    said.push(step.challenge.toString())
    assert(said.length < 20, 'it comes to an end')
    message = await client.respond(step.challenge)
    said.push(message.toString())
    step = await server.respond(message)
  }
  if (step.additionalData) said.push(step.additionalData.toString())
  return { said, admission: step }
}

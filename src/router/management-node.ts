// The node `$management` as one connection sees it: it takes requests as messages, and answers each to the reply-to that it names.
//
// Only a dynamic address of the connection that asks is answered to: an asker cannot have the router write to anybody else. An answer is a
// message of the asker's own link as far as limits go, so that what is not fetched takes the place of further requests.

import type { Connection, Outcome } from '../amqp/index.ts'
import { ACCEPTED, DecodeError, EncodedMessage } from '../amqp/index.ts'
import { encodedBytes } from '../amqp/message-bytes.ts'
import { reportDefect } from '../support/report-defect.ts'
import { Address } from './address.ts'
import { MANAGEMENT } from './address-table.ts'
import type { ManagedHost } from './entity-type.ts'
import type { Forwarder } from './forwarder.ts'
import { answerTo } from './management-reading.ts'
import type { ManagementTurns } from './management-turns.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

/** Bytes of a request: it names some attributes at most. */
const MAX_REQUEST_BYTES = 64 * 1024

export class ManagementNode implements Forwarder {
  /** For what is sent to it; in no table. */
  readonly address: Address
  /** There is always somebody to ask. */
  readonly ready = true
  readonly #asker: Connection
  readonly #host: ManagedHost
  readonly #turns: ManagementTurns

  /** `asker`: whose requests these are, about its virtual host. */
  constructor(asker: Connection, host: ManagedHost, turns: ManagementTurns) {
    this.#asker = asker
    this.#host = host
    this.#turns = turns
    this.address = new Address(MANAGEMENT, 'closest', undefined, () => this)
  }

  /** Requests are worked on later, one of each asker after the other. */
  forward(producer: Producer, delivery: IncomingDelivery): void {
    const size = delivery.payload.length
    producer.traffic.began()
    producer.holds(delivery)
    this.#turns.add(this, () => {
      const outcome = this.#handle(producer, delivery)
      if (delivery.settled && outcome !== ACCEPTED) producer.traffic.droppedMalformed += 1
      producer.settle(delivery, outcome)
      producer.freed(delivery, size)
      producer.traffic.ended()
    })
  }

  consumerReady(): void {
    // Nobody receives from it.
  }

  consumerLeft(): void {
    // Nobody receives from it.
  }

  producerLeft(): void {
    // What it has asked is answered to whoever it named.
  }

  #handle(producer: Producer, { messageFormat, payload, message }: IncomingDelivery): Outcome {
    if (messageFormat !== 0) return rejected('amqp:not-implemented', 'expected a message of format 0')
    if (payload.length > MAX_REQUEST_BYTES)
      return rejected('amqp:resource-limit-exceeded', `expected ${MAX_REQUEST_BYTES} bytes at most`)
    try {
      const { replyTo, correlationId, messageId } = message.properties ?? {}
      const reply = replyTo === undefined ? undefined : this.#host.table.find(replyTo)
      if (reply?.owner !== this.#asker)
        return rejected('amqp:precondition-failed', 'reply-to: expected a dynamic address of this connection')
      const { status, description, body, more } = answerTo(message, this.#host)
      const bytes = encodedBytes({
        properties: { to: replyTo, correlationId: correlationId ?? messageId },
        applicationProperties: new Map<string, string | number | boolean>([
          ['statusCode', status],
          ['statusDescription', description],
          ...(more === undefined ? [] : ([['more', more]] as const)),
        ]),
        body: { type: 'value', value: body },
      })
      reply.forwarder.forward(producer, new AnswerDelivery(bytes))
      return ACCEPTED
    } catch (error) {
      if (error instanceof DecodeError) return rejected('amqp:decode-error', error.message)
      reportDefect('a request to $management', error)
      return rejected('amqp:internal-error', 'the request could not be answered')
    }
  }
}

/** A message that the router itself has made: nobody waits for its outcome. */
class AnswerDelivery implements IncomingDelivery {
  readonly settled = true
  readonly messageFormat = 0
  readonly payload: Buffer

  constructor(payload: Buffer) {
    this.payload = payload
  }

  get message(): EncodedMessage {
    return new EncodedMessage(this.payload)
  }

  settle(): void {
    // It is settled.
  }
}

const rejected = (condition: string, description: string): Outcome => ({
  type: 'rejected',
  error: { condition, description: `$management: ${description}` },
})

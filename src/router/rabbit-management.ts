// RabbitMQ 4's /management node: a pair of links on which queues, exchanges and bindings are declared, asked for and deleted (its
// documentation, "AMQP 1.0", and the client libraries built on it; exchanges of messages as recorded from 4.3).

import type { Delivery, LinkRequest, MessageId, Receiver, Sender, Session } from '../amqp/index.ts'
import { DecodeError } from '../amqp/index.ts'
import type { RabbitExchanges } from './rabbit-exchanges.ts'
import { ManagementRequests, type ManagementResponse } from './rabbit-management-requests.ts'
import type { RabbitQueues } from './rabbit-queues.ts'

const ADDRESS = '/management'

/** Requests on their way at a time. */
const CREDIT = 8

/** snd-settle-mode settled (AMQP 1.0 part 2, 2.8.2). */
const SETTLED = 1

/** Two links of one name: on one requests come, on the other answers go. */
interface Pair {
  requests?: Receiver
  responses?: Sender
}

export class RabbitManagement {
  readonly #requests: ManagementRequests
  readonly #pairs = new WeakMap<Session, Map<string, Pair>>()

  constructor(queues: RabbitQueues, exchanges: RabbitExchanges, host: string) {
    this.#requests = new ManagementRequests(queues, exchanges, host)
  }

  answers(request: LinkRequest): boolean {
    if (request.address !== ADDRESS) return false
    if (!request.paired) {
      request.refuse({
        condition: 'amqp:not-implemented',
        description: `${ADDRESS} is reached by a pair of links: two of one name with the property paired`,
      })
    } else if (request.role === 'receiver') this.#acceptResponses(request)
    else this.#acceptRequests(request)
    return true
  }

  #acceptResponses(request: LinkRequest): void {
    const pair = this.#pairOf(request)
    const link = request.acceptSender({
      sndSettleMode: SETTLED,
      properties: { paired: true },
      onClosed: () => {
        if (pair.responses === link) delete pair.responses
        this.#forget(request, pair)
      },
    })
    pair.responses = link
  }

  #acceptRequests(request: LinkRequest): void {
    const pair = this.#pairOf(request)
    const link = request.acceptReceiver({
      creditWindow: CREDIT,
      properties: { paired: true },
      onDelivery: (delivery) => this.#answer(request.session, pair, delivery),
      onClosed: () => {
        if (pair.requests === link) delete pair.requests
        this.#forget(request, pair)
      },
    })
    pair.requests = link
  }

  #answer(session: Session, { responses }: Pair, delivery: Delivery): void {
    if (!delivery.settled) return endFor(session, 'a request has to be settled')
    if (!responses || responses.credit === 0) return endFor(session, 'there is no credit for the response')
    const messageId = messageIdOf(delivery)
    if (messageId === undefined) return endFor(session, 'a request has to have a message-id that can be read')
    const response = this.#requests.answer(delivery.message, session.connection)
    // What can fail here is the link, whose end is told to its owner.
    responses.send(encoded(response, messageId), { settled: true }).catch(() => {})
  }

  #pairOf({ session, name }: LinkRequest): Pair {
    const pairs = this.#pairs.get(session) ?? new Map<string, Pair>()
    const pair = pairs.get(name) ?? {}
    this.#pairs.set(session, pairs.set(name, pair))
    return pair
  }

  #forget({ session, name }: LinkRequest, pair: Pair): void {
    if (!pair.requests && !pair.responses) this.#pairs.get(session)?.delete(name)
  }
}

function encoded({ status, body }: ManagementResponse, correlationId: MessageId) {
  return {
    properties: { subject: String(status), correlationId },
    applicationProperties: new Map([['http:response', '1.1']]),
    body: { type: 'value' as const, value: body },
  }
}

function messageIdOf({ message }: Delivery): MessageId | undefined {
  try {
    return message.properties?.messageId ?? undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

const endFor = (session: Session, description: string): void =>
  void session.end({ condition: 'amqp:precondition-failed', description: `${ADDRESS}: ${description}` })

import type { Outcome } from '../amqp/index.ts'
import type { Consumer } from './consumer.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

/**
 * Takes the messages of one address to its consumers, and what became of them back. There is one kind for each way of
 * distribution; a queue that stores is to be another. None of its methods is called from inside another one.
 */
export interface Forwarder {
  /** Producers may get credit: a consumer has credit, and nothing is held that should go before. */
  readonly ready: boolean
  forward(producer: Producer, delivery: IncomingDelivery): void
  /** A consumer has come to credit. */
  consumerReady(consumer: Consumer): void
  /** A consumer is gone, and not among the address's any more. What it was given is reported by its link. */
  consumerLeft(consumer: Consumer): void
  /** A producer is gone. */
  producerLeft(producer: Producer): void
}

/** No consumer was given it: the one whose turn it was takes smaller messages only. */
export const TOO_LARGE: Outcome = Object.freeze({
  type: 'rejected',
  error: { condition: 'amqp:link:message-size-exceeded', description: 'the consumer takes smaller messages only' },
})

/** It was handed to a consumer that went away: it may have been worked on (AMQP 1.0 part 3, 3.4.5). */
export const DELIVERY_FAILED: Outcome = Object.freeze({
  type: 'modified',
  deliveryFailed: true,
  undeliverableHere: false,
})

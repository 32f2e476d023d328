import type { Outcome } from '../amqp/index.ts'
import type { Consumer } from './consumer.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

/**
 * Takes the messages of one address to its consumers, and what became of them back. There is one kind for each way of
 * distribution. None of its methods is called from inside another one.
 */
export interface Forwarder {
  /** Producers may get credit: what they send can be forwarded, or stored. */
  readonly ready: boolean
  /** Credit that all producers together may get now. Absent: as much as their windows say. */
  readonly allowance?: number
  /** It holds messages for which it is there without any link. Absent: never. */
  readonly keeps?: boolean
  /** Messages that it holds for consumers to come, or to come to credit. Absent: they wait at the consumers' links. */
  readonly held?: number
  /** What the windows of all producers should make together at most, whatever that is for each. Absent: it makes no difference here. */
  readonly mostGranted?: number
  /**
   * Pre-settled messages of consumers without credit are thrown away, as Qpid Dispatch Router does, and told here, one by one;
   * producers get their credit meanwhile. Undefined: they wait. Absent: it makes no difference here.
   */
  onDropped?: (() => void) | undefined
  forward(producer: Producer, delivery: IncomingDelivery): void
  /** A consumer has come to credit. */
  consumerReady(consumer: Consumer): void
  /** A consumer is gone, and not among the address's any more. What it was given is reported by its link. */
  consumerLeft(consumer: Consumer): void
  /** A producer is gone. */
  producerLeft(producer: Producer): void
  /** The address is gone. */
  dispose?(): void
}

/**
 * Of a consumer without credit: how many pre-settled messages wait before those are thrown away (Qpid Dispatch Router's link
 * capacity).
 */
export const MOST_SETTLED = 250

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

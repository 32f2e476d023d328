// What the router needs of the AMQP layer to pass messages on. Narrow, so that forwarding can be tested without a network.

import type { EncodedMessage, ErrorCondition, Outcome, SendHandler, SubmitOptions } from '../amqp/index.ts'

/** A link on which a peer receives from us: a Sender of the AMQP layer. */
export interface OutgoingLink {
  /** Messages that the peer grants now. */
  readonly credit: number
  /** Messages submitted and not yet transferred. */
  readonly queued: number
  /** Never calls the handler before it returns. Throws when the link is gone. */
  submit(payload: Uint8Array, options: SubmitOptions, handler: SendHandler): unknown
  detach(options: { readonly error?: ErrorCondition }): Promise<void>
}

/** A link on which a peer sends to us: a Receiver of the AMQP layer, with its credit granted by hand. */
export interface IncomingLink {
  /** Messages that the peer may still send. */
  readonly credit: number
  addCredit(count: number): void
  /** Takes back what is left of it; what is on its way still comes. */
  withdrawCredit(): void
  detach(options: { readonly error?: ErrorCondition }): Promise<void>
}

/** What a consumer is given. */
export interface OutgoingMessage {
  readonly settled: boolean
  /** All sections. */
  readonly payload: Uint8Array
  readonly messageFormat: number
  /** It will wait for a while: its payload is not to keep more memory than it takes. Absent: it never does. */
  keepApart?(): void
}

/** One message that a peer sent: forwarded as it is, or stored. */
export interface IncomingDelivery extends OutgoingMessage {
  /** Decodes what is asked for: only an anonymous sender's `to` is, and what is for the router itself. */
  readonly message: Pick<EncodedMessage, 'properties'> & Partial<Pick<EncodedMessage, 'applicationProperties' | 'body'>>
  settle(outcome: Outcome): void
  /** The payload is not needed any more. Absent: it is kept for other reasons. */
  dropPayload?(): void
}

// What RabbitMQ 4 takes for a message: one that can be read, with a body (recorded from 4.3).

import { DecodeError, EncodedMessage, type ErrorCondition } from '../amqp/index.ts'

/** Undefined: it is one. */
export function messageFault(payload: Buffer): ErrorCondition | undefined {
  try {
    // Of its own, so that what is read here is not kept with the delivery.
    if (new EncodedMessage(payload).body !== undefined) return undefined
    return fault('missing_amqp_message_body')
  } catch (error) {
    if (error instanceof DecodeError) return fault(error.message)
    throw error
  }
}

const fault = (why: string): ErrorCondition => ({
  condition: 'amqp:decode-error',
  description: `failed to parse message: ${why}`,
})

// How failures of the AMQP layer are told to those above. Errors of the lower layer never leave this one bare: they become
// the `cause` of a MessagingError whose message says what, where, how long and why.

import { AmqpError, SaslError } from '../amqp/index.ts'
import { DriverClosedError, InvalidArgumentError } from '../messaging/errors.ts'
import { OptionError } from '../support/options.ts'

/** A connection ended, or could not be made. */
export interface ConnectionLoss {
  readonly error: Error
  /** Trying again will not help by itself: credentials refused by every host, a file that cannot be read. Those who wait are told at once. */
  readonly hopeless: boolean
}

/** A file that an option names cannot be read. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError'
}

/** Credentials refused, or files missing: nothing that time heals. */
export const isConfigurationFault = (error: unknown): boolean => error instanceof SaslError || error instanceof UnreadableFileError

/** A reason as part of a sentence. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const driverClosed = (): DriverClosedError => new DriverClosedError('the transport was closed')

/** `amqp:not-found`, when the peer gave a condition. */
export const conditionOf = (error: unknown): string | undefined => (error instanceof AmqpError ? error.condition : undefined)

/** Runs what may throw OptionError, so that only errors of the API leave. */
export function translateOptionErrors<T>(resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    if (error instanceof OptionError) throw new InvalidArgumentError(error.message, { cause: error })
    throw error
  }
}

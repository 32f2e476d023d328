// How failures of the AMQP layer are told to those above. Errors of the lower layer never leave this one bare: they become
// the `cause` of a MessagingError whose message says what, where, how long and why.

import { SaslError } from '../amqp/index.ts'
import { DriverClosedError, InvalidArgumentError } from '../messaging/errors.ts'

/** A connection ended, or could not be made. */
export interface ConnectionLoss {
  readonly error: Error
  /** Trying again will not help by itself: credentials refused by every host, a file that cannot be read. Those who wait are told at once. */
  readonly hopeless: boolean
}

/** Credentials refused, or files missing: nothing that time heals. */
export const isConfigurationFault = (error: unknown): boolean =>
  error instanceof SaslError || error instanceof InvalidArgumentError

/** A reason as part of a sentence. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** `inDoubt`: what was under way may have arrived. */
export const driverClosed = (inDoubt = false): DriverClosedError =>
  new DriverClosedError('the transport was closed', { inDoubt })

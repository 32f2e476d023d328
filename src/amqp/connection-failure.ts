// Why a connection ended, in words and as an error.

import type { ErrorCondition } from '../codec/delivery-state.ts'
import { CodecError } from '../codec/errors.ts'
import { reportDefect } from '../support/report-defect.ts'
import type { EndpointState } from './endpoint-state.ts'
import { ConnectionError, ProtocolViolation } from './errors.ts'

/** The peer broke a rule, or an error of ours came to light while one of its frames was worked on: what we say in Close. */
export function violationOf(peerName: string, error: unknown): { told: ErrorCondition; error: ConnectionError } {
  const known = error instanceof ProtocolViolation || error instanceof CodecError
  const condition = known ? error.condition : 'amqp:internal-error'
  const description = error instanceof Error ? error.message : String(error)
  if (!known) reportDefect(`a frame of ${peerName}`, error)
  return {
    // What went wrong inside is nobody else's business.
    told: { condition, description: known ? description : 'an internal error' },
    error: new ConnectionError(`${peerName}: ${description}`, { origin: 'local', condition, cause: error }),
  }
}

/** The socket is gone without a Close. */
export function lossOf(peerName: string, state: EndpointState, cause: Error | undefined): ConnectionError {
  const opening = state === 'idle' || state === 'open-sent'
  const silent = opening ? 'the peer closed the socket before its Open' : 'the connection was lost'
  const violation = cause instanceof ProtocolViolation ? cause : undefined // found by a WebSocket, which has told the peer
  return new ConnectionError(`${peerName}: ${cause?.message ?? silent}`, {
    origin: violation ? 'local' : 'remote',
    condition: violation?.condition ?? 'amqp:connection:forced',
    cause,
  })
}

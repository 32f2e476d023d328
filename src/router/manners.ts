// The manners of other intermediaries, for tests of what has to work with them.

import { describeValue } from '../support/describe-value.ts'
import { RouterOptionsError } from './errors.ts'
import type { Manner } from './manner.ts'
import { OWN_MANNER } from './own-manner.ts'
import { QPID_CPP } from './qpid-cpp-manner.ts'
import { QPID_DISPATCH_ROUTER } from './qpid-dispatch-manner.ts'
import { RABBITMQ4 } from './rabbitmq4-manner.ts'

/**
 * Whose manners a router can have:
 * - `qpid-dispatch-router`: Qpid Dispatch Router (qdrouterd): this router without queues, and dropping what slow consumers do not take.
 * - `qpid-cpp`: Apache Qpid's C++ broker (qpidd), started as the specification's Appendix C says: queues and topics by name.
 * - `rabbitmq4`: RabbitMQ 4.3: queues and exchanges that are declared through its `/management`, addresses of its version 2.
 */
export type MannerName = 'qpid-dispatch-router' | 'qpid-cpp' | 'rabbitmq4'

const MANNERS: Readonly<Record<MannerName, Manner>> = {
  'qpid-dispatch-router': QPID_DISPATCH_ROUTER,
  'qpid-cpp': QPID_CPP,
  rabbitmq4: RABBITMQ4,
}

export const MANNER_NAMES: readonly string[] = Object.keys(MANNERS)

/** @throws RouterOptionsError for another name. */
export function mannerOf(name: MannerName | undefined): Manner {
  if (name === undefined) return OWN_MANNER
  if (typeof name === 'string' && Object.hasOwn(MANNERS, name)) return MANNERS[name]
  throw new RouterOptionsError(`as: expected one of ${MANNER_NAMES.join(', ')}, found ${describeValue(name)}`)
}

import type { Delivery, Outcome } from '../amqp/index.ts'
import { ACCEPTED, RELEASED } from '../amqp/index.ts'

const SYMBOLS: Readonly<Record<Outcome['type'], string>> = {
  accepted: 'amqp:accepted:list',
  rejected: 'amqp:rejected:list',
  released: 'amqp:released:list',
  modified: 'amqp:modified:list',
}

/** What to say instead of an outcome that the peer does not know, nearest meaning first. */
const INSTEAD: Readonly<Record<Outcome['type'], readonly Outcome[]>> = {
  accepted: [ACCEPTED],
  rejected: [ACCEPTED],
  released: [ACCEPTED],
  modified: [{ type: 'rejected', error: undefined }, ACCEPTED],
}

/** Settles with the outcome, or with the nearest one that the source offered in its attach (none listed: all). RabbitMQ 3 ends the session over others. */
export function settle(delivery: Delivery, outcome: Outcome): void {
  delivery.settle(
    offers(delivery, outcome) ? outcome : (INSTEAD[outcome.type].find((other) => offers(delivery, other)) ?? RELEASED),
  )
}

function offers(delivery: Delivery, outcome: Outcome): boolean {
  const offered = delivery.receiver.remoteSource?.outcomes
  return offered === undefined || offered.length === 0 || offered.includes(SYMBOLS[outcome.type])
}

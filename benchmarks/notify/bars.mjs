// What is demanded of this library beside the others. JetStream and RabbitMQ store what they acknowledge, and so does a queue of the
// embedded router: that is compared. What is only routed is acknowledged later, and shown beside.

import { atLeast } from '../harness/bars.mjs'

const EVENTS = atLeast('rate', 'events/s')

const bar = (kind, way, opponent) => ({ kind, what: EVENTS, way, against: [opponent], limits: { 64: 1 } })

export const BARS = [
  ...['rhea', 'jetstream', 'amqplib', 'python'].map((opponent) => bar('must', 'queue', opponent)),
  ...['rhea-routed', 'jetstream', 'amqplib', 'python'].map((opponent) => bar('aim', 'routed', opponent)),
]

// All ways of a notification from publisher to consumer: who they are, and what stands between them.

const here = (file) => new URL(file, import.meta.url).href

const queues = here('../router/ours.mjs')
const routes = here('routing-router.mjs')

/** `ours`: it has to run; others are skipped where they, or what they need, are not installed. */
export const WAYS = [
  { way: 'floor', ends: here('floor.mjs'), relay: here('floor-relay.mjs'), ours: true },
  { way: 'queue', ends: here('ours.mjs'), relay: queues, ours: true },
  { way: 'routed', ends: here('ours.mjs'), relay: routes, ours: true },
  { way: 'rhea', ends: here('rhea.mjs'), relay: queues },
  { way: 'rhea-routed', ends: here('rhea.mjs'), relay: routes },
  { way: 'jetstream', ends: here('jetstream.mjs'), relay: here('jetstream-server.mjs') },
  { way: 'amqplib', ends: here('amqplib.mjs'), relay: here('rabbitmq-server.mjs') },
  { way: 'python', ends: here('python.mjs'), relay: queues },
]

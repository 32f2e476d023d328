// All ways of a call from client to server and back: who they are, and what stands between them.

const here = (file) => new URL(file, import.meta.url).href

const router = here('../router/ours.mjs')
const nats = here('nats-server.mjs')

/** `ours`: it has to run; others are skipped where they, or what they need, are not installed. */
export const WAYS = [
  { way: 'floor', ends: here('../engine/floor.mjs'), ours: true },
  { way: 'router', ends: here('ours.mjs'), relay: router, ours: true },
  { way: 'direct', ends: here('direct.mjs'), ours: true },
  { way: 'rhea', ends: here('rhea.mjs'), relay: router },
  { way: 'nats', ends: here('nats.mjs'), relay: nats },
  { way: 'nest-nats', ends: here('nest-nats.mjs'), relay: nats },
  { way: 'moleculer-nats', ends: here('moleculer-nats.mjs'), relay: nats },
  { way: 'nest-tcp', ends: here('nest-tcp.mjs') },
  { way: 'moleculer-tcp', ends: here('moleculer-tcp.mjs') },
  { way: 'grpc', ends: here('grpc.mjs') },
]

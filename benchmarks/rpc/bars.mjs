// What is demanded of this library beside the others.

import { atLeast, atMost } from '../harness/bars.mjs'

const CALLS = atLeast('rate', 'calls/s')
const OWN_CPU = atMost('own', 'own CPU per call')

export const BARS = [
  { kind: 'must', what: CALLS, way: 'router', against: ['rhea'], limits: { 64: 2, 256: 2 } },
  { kind: 'must', what: CALLS, way: 'router', against: ['nats'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: CALLS, way: 'router', against: ['nest-nats'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: CALLS, way: 'router', against: ['grpc'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: OWN_CPU, way: 'router', against: ['nats'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: CALLS, way: 'direct', against: ['nest-tcp', 'moleculer-tcp'], limits: { 64: 0.9, 256: 0.9 } },
  { kind: 'aim', what: CALLS, way: 'router', against: ['moleculer-nats'], limits: { 64: 0.9, 256: 0.7 } },
  { kind: 'aim', what: CALLS, way: 'direct', against: ['nest-tcp', 'moleculer-tcp'], limits: { 64: 1, 256: 1 } },
]

// A peer of which nothing is known: addresses and links by the specification, and nothing besides. Every other profile begins here.

import type { PeerTraits, Profile } from './profile.ts'

const PLAIN_TRAITS: PeerTraits = Object.freeze({
  syntax: 'routable',
  dropsSettled: false,
  endsSessionToRefuse: false,
  redeliversRejected: false,
  overrunsCredit: false,
  keepsUndeliverable: false,
  refusesBodiless: false,
  forgetsUnlessDurable: false,
  forgetsNodesUnlessDurable: false,
  addresses: undefined,
  broadcastScheme: '',
  broadcastSource: undefined,
  capabilities: undefined,
  replies: undefined,
  pools: undefined,
  nodes: undefined,
  beforeOpen: undefined,
})

/** A kind of peer: as the plain one but for what is said. */
export const defineProfile = (facts: Pick<Profile, 'name' | 'fits'> & Partial<PeerTraits>): Profile =>
  Object.freeze({ ...PLAIN_TRAITS, ...facts })

export const PLAIN_PROFILE = defineProfile({ name: 'plain', fits: () => true })

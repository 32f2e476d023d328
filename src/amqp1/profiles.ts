// Which kind of peer a connection has: the one that the option `profile` names, else the first that fits what the peer says of itself.

import type { Connection } from '../amqp/index.ts'
import { ACTIVEMQ_PROFILE } from './activemq-profile.ts'
import { ARTEMIS_PROFILE } from './artemis-profile.ts'
import { BROKER_J_PROFILE } from './broker-j-profile.ts'
import { identityOf } from './peer-identity.ts'
import { PLAIN_PROFILE } from './plain-profile.ts'
import type { PeerProfile, Profile } from './profile.ts'
import { QPID_CPP_PROFILE } from './qpid-cpp-profile.ts'
import { RABBITMQ3_PROFILE } from './rabbitmq3-profile.ts'
import { RABBITMQ4_PROFILE, RABBITMQ40_PROFILE, RABBITMQ41_PROFILE } from './rabbitmq4-profile.ts'
import { DISPATCH_ROUTER_PROFILE, ROUTER_PROFILE } from './router-profiles.ts'
import { SERVICE_BUS_PROFILE } from './service-bus-profile.ts'

/** The last one fits every peer. */
const PROFILES: readonly Profile[] = [
  ROUTER_PROFILE,
  DISPATCH_ROUTER_PROFILE,
  QPID_CPP_PROFILE,
  RABBITMQ3_PROFILE,
  RABBITMQ40_PROFILE,
  RABBITMQ41_PROFILE,
  RABBITMQ4_PROFILE,
  ARTEMIS_PROFILE,
  ACTIVEMQ_PROFILE,
  BROKER_J_PROFILE,
  SERVICE_BUS_PROFILE,
  PLAIN_PROFILE,
]

export const PROFILE_NAMES: readonly string[] = PROFILES.map(({ name }) => name)

/** The one of that name, which is one of PROFILE_NAMES. */
export function namedProfile(name: string): Profile {
  return first((profile) => profile.name === name)
}

/** `named`: by the option `profile`; `describe`: what other options say of whichever kind it is. */
export function peerProfile(
  remote: Pick<Connection['remote'], 'properties'>,
  { named, describe }: { readonly named?: Profile | undefined; readonly describe?: (kind: Profile) => Profile } = {},
): PeerProfile {
  const peer = identityOf(remote)
  const kind = named ?? first(({ fits }) => fits(peer))
  const { fits: _, ...profile } = describe ? describe(kind) : kind
  return { ...profile, product: peer.product, version: peer.version }
}

/** There is one. */
const first = (matches: (profile: Profile) => boolean): Profile => PROFILES.find(matches) as Profile

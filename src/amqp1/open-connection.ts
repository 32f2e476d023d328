// A connection to one host, whose Open frame says what such a peer wants to hear: as far as it is known beforehand, else it is opened
// once more when the peer has said what it is.

import { type Connection, type ConnectOptions, connect as connectAmqp } from '../amqp/index.ts'
import { type ConnectionScope, connectOptions, openHostname } from './connection-options.ts'
import type { DescribedProfile } from './described-profile.ts'
import type { Host } from './host-list.ts'
import type { BeforeOpen, PeerProfile } from './profile.ts'
import { peerProfile } from './profiles.ts'

export interface OpenScope extends ConnectionScope {
  /** Makes a connection; another one in tests. */
  readonly connect?: (options: ConnectOptions) => Promise<Connection>
}

/** `wants`: what the last peer wanted to hear. Rejects as `connect` does. */
export async function openConnection(
  scope: OpenScope,
  host: Host,
  described: DescribedProfile,
  wants: BeforeOpen | undefined,
  signal: AbortSignal,
): Promise<{ readonly connection: Connection; readonly profile: PeerProfile }> {
  const { connect = connectAmqp } = scope
  const open = async (terms: BeforeOpen | undefined) => {
    const connection = await connect(await connectOptions(scope, host, terms, signal))
    return { connection, profile: peerProfile(connection.remote, described) }
  }
  const first = await open(wants)
  const { beforeOpen } = first.profile
  if (openHostname(scope, beforeOpen) === openHostname(scope, wants)) return first
  await first.connection.close()
  signal.throwIfAborted()
  return await open(beforeOpen)
}

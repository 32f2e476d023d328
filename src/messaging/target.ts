/**
 * Where a message goes and what a server listens to. oslo.messaging's Target.
 *
 * | used for | required | optional |
 * |---|---|---|
 * | a server | topic, server | exchange |
 * | an endpoint's `target` | | namespace, version, legacyNamespaces |
 * | a client | topic | all others |
 * | a listener | topic | exchange (the AMQP driver ignores it, as Python's does) |
 */
export interface Target {
  /** The scope of the topic. Default: the control exchange, `openstack`. */
  readonly exchange?: string | undefined
  /** What the servers of a group have in common. */
  readonly topic?: string | undefined
  /** The interface of the endpoint that is meant. */
  readonly namespace?: string | undefined
  /** The version of that interface that the caller needs, as `major.minor`. */
  readonly version?: string | undefined
  /** One server of the topic. */
  readonly server?: string | undefined
  /** All servers of the topic. Wins over `server`. */
  readonly fanout?: boolean | undefined
}

/** Every field of a Target. A use of it takes them all, as in oslo, also those that mean nothing to it. */
export const TARGET_NAMES: ReadonlySet<string> = new Set<keyof Target>([
  'exchange',
  'topic',
  'namespace',
  'version',
  'server',
  'fanout',
])

/** Python's text of a Target, which stands in error messages: `<Target topic=t, server=s>`; falsy fields are left out. */
export function describeTarget(target: Target): string {
  const fields: string[] = []
  if (target.exchange) fields.push(`exchange=${target.exchange}`)
  if (target.topic) fields.push(`topic=${target.topic}`)
  if (target.namespace) fields.push(`namespace=${target.namespace}`)
  if (target.version) fields.push(`version=${target.version}`)
  if (target.server) fields.push(`server=${target.server}`)
  if (target.fanout) fields.push('fanout=True')
  return `<Target ${fields.join(', ')}>`
}

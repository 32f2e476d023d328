// What happens in a router, as entries of its log.

import type { ErrorCondition, RefusedConnection } from '../amqp/index.ts'
import { AmqpError, describeCondition, SaslError } from '../amqp/index.ts'
import type { RouterLogEvent, RouterLogFields } from './log-entry.ts'
import type { AttachedLink, LinkWatcher, Peer } from './peers.ts'
import type { RouterLog } from './router-log.ts'

export class RouterEvents implements LinkWatcher {
  readonly #log: RouterLog

  constructor(log: RouterLog) {
    this.#log = log
  }

  connectionOpened(peer: Peer, virtualHost: string): void {
    const { remoteAddress, remote, username } = peer.connection
    const who = username === undefined ? '' : `, as "${username}"`
    this.#log.writeSeldom('info', 'connection.opened', `${remoteAddress}: connected${who}`, {
      ...fieldsOf(peer),
      container: remote.containerId,
      user: username,
      virtualHost: virtualHost === '' ? undefined : virtualHost,
    })
  }

  connectionClosed(peer: Peer, error: Error | undefined): void {
    const message = error?.message ?? `${peer.connection.remoteAddress}: closed here`
    this.#log.writeSeldom('info', 'connection.closed', message, { ...fieldsOf(peer), condition: conditionOf(error) })
  }

  /** Whoever knocks and goes is not worth a look; who cannot show who he is, or finds no place, is. */
  connectionRefused({ remoteAddress, error, username, mechanism }: RefusedConnection): void {
    const message = error.message.startsWith(remoteAddress) ? error.message : `${remoteAddress}: ${error.message}`
    const condition = conditionOf(error)
    const who = username === undefined ? '' : `, of "${username}"`
    const fields = { remoteAddress, user: username, mechanism, condition }
    if (error instanceof SaslError) this.#log.writeSeldom('warning', 'authentication.failed', message + who, fields)
    else {
      const level = condition === 'amqp:resource-limit-exceeded' ? 'warning' : 'info'
      this.#log.writeSeldom(level, 'connection.refused', message, fields)
    }
  }

  linkAttached(peer: Peer, link: AttachedLink): void {
    if (this.#log.wants('debug')) this.#link('link.attached', peer, link, 'attached')
  }

  linkDetached(peer: Peer, link: AttachedLink, error: Error | undefined): void {
    if (this.#log.wants('debug')) this.#link('link.detached', peer, link, error?.message ?? 'detached here', error)
  }

  linkRefused(peer: Peer, linkName: string, error: ErrorCondition): void {
    const message = `${peer.connection.remoteAddress}: a link was refused, ${describeCondition(error)}`
    // What a user may not do is for whoever has written the rules.
    const level = error.condition === 'amqp:unauthorized-access' ? 'warning' : 'debug'
    this.#log.writeSeldom(level, 'link.refused', message, {
      ...fieldsOf(peer),
      linkName,
      condition: error.condition,
    })
  }

  /** `description`: what it was told. */
  subscriberDetached(address: string, description: string): void {
    this.#log.writeSeldom('warning', 'subscriber.detached', `a subscriber has stalled: ${description}`, { address })
  }

  /** `messages`: how many went with it. */
  poolExpired(address: string, messages: number): void {
    const level = messages > 0 ? 'warning' : 'info'
    const lost = messages === 0 ? 'it was empty' : `with ${messages === 1 ? 'a message' : `${messages} messages`}`
    const message = `the pool "${address}" has expired, ${lost}`
    this.#log.writeSeldom(level, 'pool.expired', message, { address, count: messages })
  }

  #link(event: RouterLogEvent, peer: Peer, link: AttachedLink, what: string, error?: Error): void {
    const { identity, name, address, direction } = link
    const where = address === undefined ? 'any address' : `"${address}"`
    const way = direction === 'in' ? 'sends to' : 'receives from'
    this.#log.writeSeldom('debug', event, `${what}: ${peer.connection.remoteAddress}, which ${way} ${where}`, {
      ...fieldsOf(peer),
      link: identity,
      linkName: name,
      direction,
      address,
      condition: conditionOf(error),
    })
  }
}

const fieldsOf = ({ identity, connection }: Peer): RouterLogFields => ({
  connection: identity,
  remoteAddress: connection.remoteAddress,
})

const conditionOf = (error: Error | undefined): string | undefined =>
  error instanceof AmqpError ? error.condition : undefined

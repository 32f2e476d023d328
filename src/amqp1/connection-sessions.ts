import { type Connection, LinkError, type LinkOptions, type Session, SessionError } from '../amqp/index.ts'

/** A session as one user holds it. */
export interface SessionLease {
  readonly session: Session
  /** The user is done. A session of its own ends; a shared one stays. */
  release(): void
}

/**
 * The sessions of one connection, by role: one for all senders (as the specification of the driver says), one for the reply
 * receiver, one for each server or listener. Where the peer allows no more channels, users share the senders' session.
 */
export class ConnectionSessions {
  readonly #connection: Connection
  /** The peer ends a session to refuse a link: links that may be refused must not share one. */
  readonly linksApart: boolean
  #shared: Promise<Session> | undefined

  constructor(connection: Connection, linksApart: boolean) {
    this.#connection = connection
    this.linksApart = linksApart
  }

  /** For one sending link. */
  forSender(): Promise<SessionLease> {
    return this.linksApart ? this.own() : this.#share()
  }

  /** For one user alone. */
  async own(): Promise<SessionLease> {
    try {
      return ownLease(await this.#connection.openSession())
    } catch (error) {
      if (!(error instanceof SessionError) || error.condition !== 'amqp:resource-limit-exceeded') throw error
      return await this.#share()
    }
  }

  async #share(): Promise<SessionLease> {
    const shared = this.#shared
    const current = await shared?.catch(() => undefined)
    if (current && !current.isOpen && this.#shared === shared) this.#shared = undefined
    this.#shared ??= this.#open()
    return { session: await this.#shared, release: () => undefined }
  }

  #open(): Promise<Session> {
    const opening = this.#connection.openSession()
    opening.catch(() => {
      this.#shared = undefined
    })
    return opening
  }
}

function ownLease(session: Session): SessionLease {
  return {
    session,
    release: () => {
      void session.end()
    },
  }
}

/** Whether an error says that the peer refused this very link, and not that something below it broke. */
export const isRefusal = (error: unknown): boolean => error instanceof LinkError && error.origin === 'remote'

/** The terminus addresses of a link as Python writes them: the same at both ends. */
export const bothEnds = (address: string): Pick<LinkOptions, 'source' | 'target'> => ({
  source: { address },
  target: { address },
})

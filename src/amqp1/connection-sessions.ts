import { type Connection, LinkError, type LinkOptions, type Session, SessionError } from '../amqp/index.ts'

/** A session as one user holds it. */
export interface SessionLease {
  readonly session: Session
  /** The user is done. The session ends with its last user; the senders' stays. */
  release(): void
}

/** A session and how many hold it. */
interface HeldSession {
  readonly session: Session
  users: number
}

/**
 * The sessions of one connection, by role: one for all senders (as the specification of the driver says), one for the reply
 * receiver, one for each server or listener. Where the peer allows no more channels, whoever comes shares one that is there.
 */
export class ConnectionSessions {
  readonly #connection: Connection
  /** The peer ends a session to refuse a link: links that may be refused must not share one. */
  readonly linksApart: boolean
  readonly #held = new Set<HeldSession>()
  #shared: Promise<HeldSession> | undefined

  constructor(connection: Connection, linksApart: boolean) {
    this.#connection = connection
    this.linksApart = linksApart
  }

  /** For one sending link. */
  forSender(): Promise<SessionLease> {
    return this.linksApart ? this.own() : this.#share()
  }

  /** For one user alone, as far as the peer allows. */
  async own(): Promise<SessionLease> {
    return this.#lease(await this.#open())
  }

  async #share(): Promise<SessionLease> {
    const shared = this.#shared
    const current = await shared?.catch(() => undefined)
    if (!current?.session.isOpen && this.#shared === shared) {
      this.#shared = this.#open()
      // The senders' session stays while there are no senders.
      this.#shared.then(
        (held) => {
          held.users += 1
        },
        () => undefined,
      )
    }
    return this.#lease(await (this.#shared as Promise<HeldSession>))
  }

  async #open(): Promise<HeldSession> {
    try {
      const held = { session: await this.#connection.openSession(), users: 0 }
      this.#held.add(held)
      return held
    } catch (error) {
      const leastUsed = this.#leastUsed()
      if (error instanceof SessionError && error.condition === 'amqp:resource-limit-exceeded' && leastUsed)
        return leastUsed
      throw error
    }
  }

  #leastUsed(): HeldSession | undefined {
    let least: HeldSession | undefined
    for (const held of this.#held) {
      if (!held.session.isOpen) this.#held.delete(held)
      else if (!least || held.users < least.users) least = held
    }
    return least
  }

  #lease(held: HeldSession): SessionLease {
    held.users += 1
    let released = false
    return {
      session: held.session,
      release: () => {
        if (released) return
        released = true
        held.users -= 1
        if (held.users > 0) return
        this.#held.delete(held)
        void held.session.end()
      },
    }
  }
}

/** Whether an error says that the peer refused this very link, and not that something below it broke. */
export const isRefusal = (error: unknown): boolean => error instanceof LinkError && error.origin === 'remote'

/** The terminus addresses of a link as Python writes them: the same at both ends. */
export const bothEnds = (address: string): Pick<LinkOptions, 'source' | 'target'> => ({
  source: { address },
  target: { address },
})

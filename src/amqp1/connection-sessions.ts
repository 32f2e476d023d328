import { type Connection, LinkError, type LinkOptions, type Session, SessionError } from '../amqp/index.ts'

/** A place for one link in a session. */
export interface SessionLease {
  readonly session: Session
  /** The link is gone. The session ends with its last link; the senders' first one stays. */
  release(): void
}

/** Gives places in the sessions of one role. */
export type LeaseSession = () => Promise<SessionLease>

/** A session and how many links have a place in it. */
interface HeldSession {
  readonly session: Session
  readonly places: number
  taken: number
  stays: boolean
}

/** Of the links of a session of ours, whatever the peer allows: the layer below has no more handles. */
const MOST_PLACES = 4_096

const hasRoom = (held: HeldSession): boolean => held.session.isOpen && held.taken < held.places

function take(held: HeldSession): HeldSession {
  held.taken += 1
  return held
}

/**
 * The sessions of one connection, by role: one for all senders (as the specification of the driver says), one for the reply
 * receiver, one for each server or listener; another one when the peer allows no more links in it. Where the peer allows no
 * more channels, whoever comes shares one that is there.
 */
export class ConnectionSessions {
  readonly #connection: Connection
  /** The peer ends a session to refuse a link: links that may be refused must not share one. */
  readonly #linksApart: boolean
  readonly #held = new Set<HeldSession>()
  /** Begun, and not yet answered. */
  readonly #opening = new Set<Promise<Session>>()
  readonly #senders: LeaseSession

  constructor(connection: Connection, linksApart: boolean) {
    this.#connection = connection
    this.#linksApart = linksApart
    this.#senders = this.#group(true)
  }

  /** For one sending link. */
  forSender(): Promise<SessionLease> {
    return this.#senders()
  }

  /** For the links of one server or listener. */
  forSubscription(): LeaseSession {
    return this.#group(false)
  }

  /** For one link alone, as far as the peer allows. */
  async own(): Promise<SessionLease> {
    return this.#lease(await this.#open())
  }

  /** Links that share sessions. The first one stays, if it is to, while there are none. */
  #group(firstStays: boolean): LeaseSession {
    if (this.#linksApart) return () => this.own()
    let sessions: HeldSession[] = []
    let opening: Promise<HeldSession> | undefined
    const open = async (): Promise<HeldSession> => {
      const held = await this.#open()
      if (firstStays && sessions.length === 0) held.stays = true
      sessions.push(held)
      return held
    }
    return async () => {
      for (;;) {
        sessions = sessions.filter(({ session }) => session.isOpen)
        const held = sessions.find(hasRoom)
        if (held) return this.#lease(take(held))
        if (opening) {
          await opening
          continue
        }
        opening = open()
        try {
          return this.#lease(await opening)
        } finally {
          opening = undefined
        }
      }
    }
  }

  /** A session in which a place has been taken. */
  async #open(): Promise<HeldSession> {
    const opening = this.#connection.openSession()
    this.#opening.add(opening)
    try {
      const session = await opening
      const places = Math.min(session.remote.handleMax + 1, MOST_PLACES)
      const held = { session, places, taken: 0, stays: false }
      this.#held.add(held)
      return take(held)
    } catch (error) {
      this.#opening.delete(opening)
      if (!(error instanceof SessionError) || error.condition !== 'amqp:resource-limit-exceeded') throw error
      await Promise.allSettled(this.#opening)
      const leastUsed = this.#leastUsed()
      if (!leastUsed) throw error
      return take(leastUsed)
    } finally {
      this.#opening.delete(opening)
    }
  }

  #leastUsed(): HeldSession | undefined {
    let least: HeldSession | undefined
    for (const held of this.#held) {
      if (!held.session.isOpen) this.#held.delete(held)
      else if (hasRoom(held) && (!least || held.taken < least.taken)) least = held
    }
    return least
  }

  /** Of a place that has been taken. */
  #lease(held: HeldSession): SessionLease {
    let released = false
    return {
      session: held.session,
      release: () => {
        if (released) return
        released = true
        held.taken -= 1
        if (held.taken > 0 || held.stays) return
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

// What one run calls its own, on topics that all runs share: so a broker keeps the same few queues, however often it is examined.

import { randomUUID } from 'node:crypto'

/** Where a trial is made. */
export const topicOf = (trial: string): string => `omsg-doctor.${trial}`

/** What the trials leave on a bus. */
export const LEFT_BEHIND =
  'on a broker, queues and topics with omsg-doctor in their names may stay, empty but for a request whose time is over; each run uses the same ones'

/** What a notification of a trial carries. */
export interface Mark {
  readonly run: string
  /** Unix time in milliseconds at which its run has given it up. */
  readonly until: number
}

/** Whose message it is. `given-up`: nobody waits for it, or it is none of a doctor's. */
export type Owner = 'this run' | 'another run' | 'given-up'

/** No run waits longer: the clock of who says so is wrong, or it is no doctor. */
const LONGEST_WAIT_MS = 3_600_000

export class Run {
  readonly id = randomUUID()

  mark(waitMs: number): Mark {
    return { run: this.id, until: Date.now() + Math.min(waitMs, LONGEST_WAIT_MS) }
  }

  ownerOf(payload: unknown): Owner {
    const { run, until } = (payload ?? {}) as { run?: unknown; until?: unknown }
    if (run === this.id) return 'this run'
    const leftMs = typeof until === 'number' ? until - Date.now() : 0
    return leftMs > 0 && leftMs <= LONGEST_WAIT_MS ? 'another run' : 'given-up'
  }
}

// What a command that runs for long says on stderr about its links: that one is refused and why, and that it is there after all.

import { subscribe } from 'node:diagnostics_channel'
import type { Output } from './output.ts'

/** A message of the channel `oslo-messaging:link`. */
export interface LinkChange {
  readonly link: 'sender' | 'reply-receiver' | 'subscription'
  readonly event: 'attached' | 'refused' | 'lost' | 'purged'
  readonly address: string
  readonly error?: Error | undefined
}

/** Addresses of which something is remembered: callers can bring more than a server ever has in use. */
const MAX_ADDRESSES = 1000
/** Reasons for one address: a text with a new number in it each time is not told for ever. */
const MAX_REASONS = 20

/** Tells each reason for which a link of an address is refused once, until the link is there. */
export class LinkNotes {
  readonly #tell: (text: string) => void
  readonly #told = new Map<string, Set<string>>()

  constructor(tell: (text: string) => void) {
    this.#tell = tell
  }

  readonly on = ({ link, event, address, error }: LinkChange): void => {
    const key = `${link} ${address}`
    const place = link === 'sender' ? `to ${address}` : `from ${address}`
    if (event === 'attached' && this.#told.delete(key)) this.#tell(`${deed(link)} ${place} after all`)
    if (event !== 'refused') return
    const reasons = this.#reasonsOf(key)
    const reason = error?.message ?? 'no reason was given'
    if (reasons.has(reason) || reasons.size >= MAX_REASONS) return
    reasons.add(reason)
    // The driver's own errors begin with the link and its address.
    const where = reason.includes(address) ? '' : ` ${place}`
    this.#tell(`not ${deed(link)}${where}: ${reason}${link === 'sender' ? '' : '; trying again'}`)
  }

  #reasonsOf(key: string): Set<string> {
    const known = this.#told.get(key)
    if (known) return known
    const [oldest] = this.#told.keys()
    if (oldest !== undefined && this.#told.size >= MAX_ADDRESSES) this.#told.delete(oldest)
    const reasons = new Set<string>()
    this.#told.set(key, reasons)
    return reasons
  }
}

const deed = (link: LinkChange['link']): string => (link === 'sender' ? 'sending' : 'receiving')

/** From now on, for as long as the process runs. */
export function tellLinks(output: Output): void {
  const notes = new LinkNotes((text) => output.note(text))
  subscribe('oslo-messaging:link', (change) => notes.on(change as LinkChange))
}

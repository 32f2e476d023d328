import { Decoder } from '../codec/decoder.ts'
import type { ConnectionLimitOptions, Limits } from './limits.ts'
import { limitsOf } from './limits.ts'
import { LinkCount } from './link-count.ts'
import { MemoryBudget } from './memory-budget.ts'

/** What the sessions and links of a connection share, and what bounds all of them together. */
export class ConnectionResources {
  readonly limits: Limits
  /** Memory for messages whose last frame is not there yet. */
  readonly joinBudget: MemoryBudget
  /** Memory for what the peer said when it began its sessions and attached its links. */
  readonly descriptionBudget: MemoryBudget
  /** Links that the peer attached, over all sessions. */
  readonly linkCount: LinkCount
  /** For the sections of what is received. */
  readonly messageDecoder: Decoder

  constructor(options: ConnectionLimitOptions) {
    this.limits = limitsOf(options)
    this.joinBudget = new MemoryBudget(this.limits.maxIncomplete, 'incomplete messages')
    this.descriptionBudget = new MemoryBudget(this.limits.maxDescriptions, 'descriptions of sessions and links')
    this.linkCount = new LinkCount(this.limits.maxLinks)
    this.messageDecoder = new Decoder({ ...this.limits, maxItems: Number.POSITIVE_INFINITY })
  }
}

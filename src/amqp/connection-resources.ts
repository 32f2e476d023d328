import { Decoder } from '../codec/decoder.ts'
import { JoinBudget } from './join-budget.ts'
import type { ConnectionLimitOptions, Limits } from './limits.ts'
import { limitsOf } from './limits.ts'
import { LinkCount } from './link-count.ts'

/** What the sessions and links of a connection share, and what bounds all of them together. */
export class ConnectionResources {
  readonly limits: Limits
  /** Memory for messages whose last frame is not there yet. */
  readonly joinBudget: JoinBudget
  /** Links that the peer attached, over all sessions. */
  readonly linkCount: LinkCount
  /** For the sections of what is received. */
  readonly messageDecoder: Decoder

  constructor(options: ConnectionLimitOptions) {
    this.limits = limitsOf(options)
    this.joinBudget = new JoinBudget(this.limits.maxIncomplete)
    this.linkCount = new LinkCount(this.limits.maxLinks)
    this.messageDecoder = new Decoder(this.limits)
  }
}

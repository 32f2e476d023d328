// What an attach may say beyond the types of its fields (AMQP 1.0 part 2, 2.7.3; part 3, 3.5.3 and 3.5.4): the peer's as it comes,
// and our own before it goes.

import { type Attach, RECEIVER_SETTLE_MODE, SENDER_SETTLE_MODE } from '../codec/performatives.ts'
import type { Source, Target } from '../codec/terminus.ts'
import { ProtocolViolation } from './errors.ts'
import type { Link } from './link.ts'

/** Throws ProtocolViolation for the peer's attach. What the specification only recommends, or is known to be left out, is let pass. */
export function checkAttach({ sndSettleMode, rcvSettleMode, unsettled }: Attach): void {
  if (sndSettleMode > SENDER_SETTLE_MODE.MIXED)
    throw invalid(`attach.snd-settle-mode: expected 0, 1 or 2, found ${sndSettleMode}`)
  if (rcvSettleMode > RECEIVER_SETTLE_MODE.SECOND)
    throw invalid(`attach.rcv-settle-mode: expected 0 or 1, found ${rcvSettleMode}`)
  if (unsettled?.has(null)) throw invalid('attach.unsettled: expected delivery-tags as keys, found null')
}

/**
 * A receiver that has not told all that it holds of an earlier link may be sent nothing new until that is resumed, and nothing is
 * resumed here. Undefined: that is not so.
 */
export function incompleteness(attach: Attach): ProtocolViolation | undefined {
  if (!attach.role || !attach.incompleteUnsettled) return undefined
  const message = 'attach.incomplete-unsettled: expected false, since deliveries of earlier links are not resumed here'
  return new ProtocolViolation('link', 'amqp:not-implemented', message)
}

/** Throws TypeError for a terminus of ours that asks for a node and names it, or that made one and does not. */
export function checkTermini(link: Link): void {
  const weSend = link.role === 'sender'
  checkOwn(weSend ? 'source' : 'target', weSend ? link.source : link.target)
  // In an answer the other terminus is only repeated.
  if (link.remoteAttach === undefined) checkAsked(weSend ? 'target' : 'source', weSend ? link.target : link.source)
}

function checkOwn(what: string, terminus: Source | Target | undefined): void {
  if (terminus?.dynamic && terminus.address === undefined)
    throw new TypeError(`${what}.address: expected the name of the node that was made, as ${what}.dynamic is set`)
}

function checkAsked(what: string, terminus: Source | Target | undefined): void {
  if (!terminus) return
  if (terminus.dynamic && terminus.address !== undefined)
    throw new TypeError(
      `${what}.address: expected none with ${what}.dynamic, since the peer makes the node and names it`,
    )
  if (!terminus.dynamic && terminus.dynamicNodeProperties !== undefined)
    throw new TypeError(`${what}.dynamicNodeProperties: expected none without ${what}.dynamic`)
}

const invalid = (message: string): ProtocolViolation => new ProtocolViolation('session', 'amqp:invalid-field', message)

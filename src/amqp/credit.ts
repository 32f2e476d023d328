// Link credit as arithmetic, apart from the links (AMQP 1.0 part 2, 2.6.7).

import { serialDiff } from './serial-number.ts'

const MAX_CREDIT = 0xffff_ffff

/**
 * What a sender may still send after a Flow:
 * link-credit(snd) := delivery-count(rcv) + link-credit(rcv) - delivery-count(snd).
 * Never negative: a receiver may take credit back that was already used. Never more than the uint in which it is sent: a receiver
 * may claim to have seen more than there was.
 */
export function senderCredit(
  receiverDeliveryCount: number,
  receiverLinkCredit: number,
  senderDeliveryCount: number,
): number {
  // The credit is a plain number and may be up to 2^32-1: only the counts are compared as serial numbers.
  const credit = receiverLinkCredit - serialDiff(senderDeliveryCount, receiverDeliveryCount)
  return Math.min(MAX_CREDIT, Math.max(0, credit))
}

/**
 * The credit to grant now so that what is granted plus what is held makes the window; undefined: not worth a Flow yet.
 * It is worth one when half of the window can be given back, or when the sender has nothing left.
 */
export function topUp(window: number, credit: number, held: number): number | undefined {
  const wanted = Math.max(0, window - held)
  const missing = wanted - credit
  if (missing <= 0) return undefined
  return credit === 0 || missing >= window / 2 ? wanted : undefined
}

// The two links to a peer's management node: requests go out on one, their answers come back on the other.

import { randomUUID } from 'node:crypto'
import { attachLinkPair, type Delivery, type LinkPair, type Session } from '../amqp/index.ts'
import { bothEnds } from './connection-sessions.ts'
import type { ManagementForm } from './profile.ts'

export interface ManagementLinks extends LinkPair {
  /** What requests say for a reply-to. */
  readonly replyTo: string
}

/** Attaches both or none. Rejects like `Session.attachSender`. */
export async function attachManagementLinks(
  session: Session,
  { address, paired }: ManagementForm,
  onDelivery: (delivery: Delivery) => void,
): Promise<ManagementLinks> {
  const settled = { sndSettleMode: 1 } as const
  if (paired)
    return {
      ...(await attachLinkPair(session, { address, sender: settled, receiver: { ...settled, onDelivery } })),
      replyTo: '$me',
    }
  const replyTo = randomUUID()
  const receiver = await session.attachReceiver({
    ...settled,
    source: { address },
    target: { address: replyTo },
    onDelivery,
  })
  try {
    const sender = await session.attachSender({ ...settled, ...bothEnds(address) })
    return { sender, receiver, replyTo }
  } catch (error) {
    await receiver.detach()
    throw error
  }
}

// Two links of one name, one in each direction, that belong together: a request goes out on one and its answer comes back on
// the other (OASIS, AMQP Link Pairing 1.0: the property `paired`). RabbitMQ 4's `/management` wants its requests this way.

import { randomUUID } from 'node:crypto'
import type { LinkOptions, ReceiverOptions, SenderOptions } from './options.ts'
import type { Receiver } from './receiver.ts'
import type { Sender } from './sender.ts'
import type { Session } from './session.ts'

/** The property of both attaches that says that the links are a pair. */
export const PAIRED = 'paired'

/** What `attachLinkPair` takes. */
export interface LinkPairOptions {
  /** The node of both links, as source and as target. */
  readonly address: string
  /** Of both links. Default: a random name. */
  readonly name?: string | undefined
  /** What the link on which we send says besides. */
  readonly sender?: Omit<SenderOptions, 'name' | 'address'> | undefined
  /** What the link on which we receive says besides. */
  readonly receiver?: Omit<ReceiverOptions, 'name' | 'address'> | undefined
}

export interface LinkPair {
  readonly sender: Sender
  readonly receiver: Receiver
}

/**
 * Attaches both or none, and marks them as a pair. Rejects like `Session.attachSender`: LinkError when the peer refuses one of
 * them, does not answer in time, or the session is gone.
 */
export async function attachLinkPair(session: Session, options: LinkPairOptions): Promise<LinkPair> {
  const { name = randomUUID(), address } = options
  const both = <T extends LinkOptions>(own: T | undefined) => ({
    ...own,
    name,
    address,
    properties: { ...own?.properties, [PAIRED]: true },
  })
  const [sender, receiver] = await Promise.allSettled([
    session.attachSender(both(options.sender)),
    session.attachReceiver(both(options.receiver)),
  ])
  if (sender.status === 'fulfilled' && receiver.status === 'fulfilled') {
    // Before any request: a peer may have its answer ready at once, and RabbitMQ ends a session that has no credit for it.
    receiver.value.flushCredit()
    return { sender: sender.value, receiver: receiver.value }
  }
  const ended = [sender, receiver].flatMap((end) => (end.status === 'fulfilled' ? [end.value.detach()] : []))
  await Promise.all(ended)
  throw (sender.status === 'rejected' ? sender : (receiver as PromiseRejectedResult)).reason
}

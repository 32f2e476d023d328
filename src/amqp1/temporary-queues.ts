// Replies by addresses that the peer gives, to callers that say what kind of node they want there.

import type { ReplyForm } from './profile.ts'

/** `mayReplyTo`: whether an address is such a one. */
export function temporaryQueues(
  mayReplyTo: ReplyForm['mayReplyTo'],
  capabilities: readonly string[] = ['temporary-queue'],
): ReplyForm {
  const source = { dynamic: true as const, capabilities }
  return Object.freeze({ source: () => source, replyTo: () => undefined, mayReplyTo })
}

// Who may transfer next. All senders of a connection that have a message and credit take turns, one frame each, so that a
// 50 MB message on one link delays the others by a frame, and no more is encoded ahead than the peer takes.

/** A sender as the scheduler sees it. */
export interface ScheduledSender {
  /** @internal in the scheduler's queue now */
  scheduled: boolean
  /** Has a message, the link's credit and the session's window for its next frame. */
  readonly canTransfer: boolean
  /** Encodes one transfer frame. */
  transferFrame(): void
  /** It has left the queue: if only the session's window is missing, the session keeps it until the next Flow. */
  left(): void
}

export class SendScheduler {
  readonly #queue: ScheduledSender[] = []

  get idle(): boolean {
    return this.#queue.length === 0
  }

  /** Bounded by the number of links: a sender is in the queue once. */
  add(sender: ScheduledSender): void {
    if (sender.scheduled) return
    sender.scheduled = true
    this.#queue.push(sender)
  }

  /** Lets them transfer while `writable` says so. A sender that cannot go on leaves the queue; what enables it adds it again. */
  run(writable: () => boolean): void {
    while (this.#queue.length > 0 && writable()) {
      const sender = this.#queue.shift() as ScheduledSender
      sender.scheduled = false
      if (sender.canTransfer) sender.transferFrame()
      if (sender.canTransfer) this.add(sender)
      else sender.left()
    }
  }
}

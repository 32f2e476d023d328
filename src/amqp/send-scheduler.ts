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

/** So many may be there no more before the memory of the queue is used again. */
const MANY = 1_024

export class SendScheduler {
  /** Those in front of `#next` have had their turn: an array of thousands must not be moved for each that leaves it. */
  #queue: ScheduledSender[] = []
  #next = 0

  get idle(): boolean {
    return this.#next === this.#queue.length
  }

  /** Bounded by the number of links: a sender is in the queue once. */
  add(sender: ScheduledSender): void {
    if (sender.scheduled) return
    sender.scheduled = true
    this.#queue.push(sender)
  }

  /** Lets them transfer while `writable` says so. A sender that cannot go on leaves the queue; what enables it adds it again. */
  run(writable: () => boolean): void {
    while (!this.idle && writable()) {
      const sender = this.#take()
      sender.scheduled = false
      if (sender.canTransfer) sender.transferFrame()
      if (sender.canTransfer) this.add(sender)
      else sender.left()
    }
  }

  #take(): ScheduledSender {
    const sender = this.#queue[this.#next] as ScheduledSender
    this.#next += 1
    if (this.#next < this.#queue.length && this.#next < MANY) return sender
    this.#queue = this.#queue.slice(this.#next)
    this.#next = 0
    return sender
  }
}

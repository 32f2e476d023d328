import { type Deadline, startDeadline } from '../support/deadline.ts'
import type { ConnectionSessions } from './connection-sessions.ts'
import { ManagementNode } from './management-node.ts'
import type { ReplyUpkeepForm } from './profile.ts'

/**
 * Asks the peer again and again to leave us the reply link, over one connection. What it answers is of no account: the link that
 * it takes away tells.
 */
export class ReplyUpkeep {
  readonly #form: ReplyUpkeepForm
  readonly #id: string
  readonly #management: ManagementNode
  #timer: Deadline | undefined
  #stopped = false

  constructor(form: ReplyUpkeepForm, id: string, sessions: ConnectionSessions) {
    this.#form = form
    this.#id = id
    this.#management = new ManagementNode(form.management, sessions)
  }

  /** From now on, also when it was begun before. */
  start(): void {
    this.#timer?.cancel()
    if (this.#stopped) return
    this.#timer = startDeadline(this.#form.everyMs, () => {
      const next = (): void => this.start()
      void this.#management.request(this.#form.request(this.#id)).then(next, next)
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }
}

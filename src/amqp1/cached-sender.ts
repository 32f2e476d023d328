// The messages of one address, across link losses and failover. Those that cannot leave wait here, in order; each has a
// deadline, so what waits is bounded by the sends that are awaited. The link itself: retried-link.ts.

import { printable, type Sender } from '../amqp/index.ts'
import { assertNever } from '../support/assert-never.ts'
import { Fifo } from '../support/fifo.ts'
import type { Addresser } from './addressing.ts'
import { bothEnds } from './connection-sessions.ts'
import { type ConnectionLoss, reasonOf } from './errors.ts'
import type { ActiveConnection, ConnectionPart } from './failover-connection.ts'
import { nodeTerms } from './node-terms.ts'
import type { NodeUse } from './profile.ts'
import { RetriedLink } from './retried-link.ts'
import { type SendLink, type SendTask, tasksOf } from './send-task.ts'

export interface CachedSenderScope {
  /** A name for the link in errors while no address is known. */
  readonly label: string
  readonly address: (addresser: Addresser) => string
  /** Undefined: its address is somebody else's, who has to see that it is there. */
  readonly use: NodeUse | undefined
  readonly linkName: (address: string) => string
  readonly linkRetryDelayMs: number
  readonly describeConnection: () => string
}

export class CachedSender implements ConnectionPart, SendLink {
  /** For the cache: when it was last used, in the cache's own counting. */
  lastUsed = 0
  readonly #scope: CachedSenderScope
  readonly #link: RetriedLink<Sender>
  readonly #waiting = new Fifo<SendTask>()
  /** Released messages; each comes back by a timer of its own. */
  readonly #resending = new Fifo<SendTask>()
  /** Tasks that wait elsewhere and will come back: calls without a reply address. */
  #parked = 0
  #declaring = false

  constructor(scope: CachedSenderScope) {
    this.#scope = scope
    this.#link = new RetriedLink<Sender>({
      kind: 'sender',
      retryDelayMs: scope.linkRetryDelayMs,
      isWanted: () => this.#waiting.size > 0,
      onAttached: () => this.#flush(),
      onRefused: (error) =>
        this.#attemptFailed({ error: new Error(reasonOf(error), { cause: error }), hopeless: false }),
    })
  }

  /** Nothing waits, nothing is on its way: it can be thrown away. */
  get isIdle(): boolean {
    if (this.#waiting.size + this.#resending.size + this.#parked > 0) return false
    const { state, attached } = this.#link
    if (attached) return attached.link.queued === 0 && attached.link.unsettled === 0
    return state !== 'attaching' && state !== 'lost'
  }

  get isClosed(): boolean {
    return this.#link.state === 'closed'
  }

  get where(): string {
    const { plan } = this.#link
    return plan ? place(plan.address, plan.connection) : this.#scope.label
  }

  /** Sends now, or as soon as the link allows. */
  send(task: SendTask): void {
    task.assign(this)
    const { attached, plan } = this.#link
    if (attached && plan && this.#waiting.size === 0 && attached.link.isAttached) {
      task.transmit(attached.link, plan.address, plan.connection.profile)
    } else {
      this.requeue(task)
    }
  }

  requeue(task: SendTask): void {
    if (task.isDone) return
    if (this.isClosed) return task.driverClosed()
    task.waited = true
    this.#waiting.push(task)
    this.#link.want()
    this.#flush()
  }

  park(): void {
    this.#parked += 1
  }

  unpark(): void {
    this.#parked -= 1
  }

  resend(task: SendTask): void {
    if (this.isClosed) return task.driverClosed()
    task.waited = true
    this.#resending.push(task)
    this.#declareAgain()
    task.sendLater(this.#scope.linkRetryDelayMs, () => {
      this.#resending.remove(task)
      this.send(task)
    })
  }

  whyWaiting(): string {
    const { state, attached, lastError } = this.#link
    switch (state) {
      case 'detached':
        return this.#scope.describeConnection()
      case 'idle':
      case 'attaching':
      case 'lost':
      case 'refused':
        return lastError?.message ?? 'the peer has not answered the attach of its link'
      case 'attached':
        if (this.#resending.size > 0) return 'the peer released it and it waited to be sent again'
        if (!attached?.link.hadCredit) return 'no consumer: the peer never granted credit for this address'
        return attached.link.credit > 0
          ? 'the connection does not take more'
          : 'no credit: the consumers are gone, or too slow'
      case 'closed':
        return 'the transport was closed'
      default:
        return assertNever(state, 'link state')
    }
  }

  attach(connection: ActiveConnection, addresser: Addresser): void {
    const address = this.#scope.address(addresser)
    const { use } = this.#scope
    const { nodes } = connection
    this.#link.attach({
      connection,
      address,
      goneText: `${place(address, connection)}: the link was detached`,
      lease: () => connection.sessions.forSender(),
      attach: async (session, onClosed) => {
        const attachTo = (node: string) => {
          const { source, target } = bothEnds(node)
          return session.attachSender({
            name: this.#scope.linkName(address),
            source,
            target: use ? { ...target, ...nodeTerms(connection.profile, use) } : target,
            onClosed,
          })
        }
        if (!nodes) return await attachTo(address)
        return await (use ? nodes.target(address, use, attachTo) : nodes.reply(address, attachTo))
      },
    })
  }

  detach(loss: ConnectionLoss): void {
    if (this.isClosed) return
    this.#link.detach()
    this.#attemptFailed(loss)
  }

  /** Ends it for good. What waits is told. The link is detached when there is one. */
  close(): void {
    this.#link.close()
    for (const task of [...tasksOf(this.#waiting), ...tasksOf(this.#resending)]) task.driverClosed()
  }

  /** A message came back: perhaps nobody is behind its node any more because somebody has deleted what was declared. */
  #declareAgain(): void {
    const { plan } = this.#link
    const { use } = this.#scope
    const nodes = plan?.connection.nodes
    if (!plan || !nodes || !use || this.#declaring) return
    this.#declaring = true
    const declared = (): void => {
      this.#declaring = false
    }
    // Where that is refused the message comes back again, until its time is over.
    void nodes.target(plan.address, use, async () => {}).then(declared, declared)
  }

  /** Everything that waits, in order; what cannot go now waits in the engine for credit. */
  #flush(): void {
    for (let task = this.#waiting.first; task; task = this.#waiting.first) {
      const { attached, plan } = this.#link
      if (!attached?.link.isAttached || !plan) return
      this.#waiting.shift()
      task.transmit(attached.link, plan.address, plan.connection.profile)
    }
  }

  /** Each waiting message has one retry less. */
  #attemptFailed(loss: ConnectionLoss): void {
    for (const task of tasksOf(this.#waiting)) task.attemptFailed(loss)
  }
}

const place = (address: string, { host }: ActiveConnection): string => `"${printable(address)}" on ${host}`

// The one connection of a driver, kept up across losses. It owns the connection and nothing that goes over it: parts that
// survive failover (subscriptions, reply receiver, sender links) are told when there is a connection and when there is none.

import type { Connection } from '../amqp/index.ts'
import { assertNever } from '../support/assert-never.ts'
import { Backoff } from '../support/backoff.ts'
import { type Deadline, monotonicMs, startDeadline } from '../support/deadline.ts'
import { guarded } from '../support/guarded.ts'
import { type Addresser, createAddresser } from './addressing.ts'
import { ConnectionSessions } from './connection-sessions.ts'
import { DeclaredNodes } from './declared-nodes.ts'
import { type DescribedProfile, describedProfile } from './described-profile.ts'
import { type ConnectionLoss, driverClosed, isConfigurationFault, reasonOf } from './errors.ts'
import { connectionEvents } from './events.ts'
import { type HostList, hostText } from './host-list.ts'
import { type OpenScope, openConnection } from './open-connection.ts'
import type { BeforeOpen, PeerProfile } from './profile.ts'

/** What parts get of an open connection. */
export interface ActiveConnection {
  readonly sessions: ConnectionSessions
  readonly profile: PeerProfile
  /** Of a peer that wants nodes declared. */
  readonly nodes: DeclaredNodes | undefined
  /** `host:port`, for errors. */
  readonly host: string
  /** False once it is lost; `detach` follows. */
  readonly isOpen: boolean
  /** Gives the connection up: it is broken for a part's purpose. The next host is tried. */
  abandon(reason: Error): void
}

/** A part that survives failover. Neither method may throw. */
export interface ConnectionPart {
  attach(connection: ActiveConnection, addresser: Addresser): void
  /** The connection is lost, or an attempt to make one has failed (then there was no `attach` before). */
  detach(loss: ConnectionLoss): void
}

/** Every variant owns exactly what exists in it. */
type State =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly abort: AbortController }
  | {
      readonly name: 'active'
      readonly connection: Connection
      readonly active: ActiveConnection
      readonly addresser: Addresser
    }
  | { readonly name: 'backoff'; readonly timer: Deadline; readonly error: Error }
  | { readonly name: 'closed' }

export interface FailoverScope extends OpenScope {
  readonly hosts: HostList
  readonly controlExchange: string
}

export class FailoverConnection {
  readonly #scope: FailoverScope
  readonly #backoff: Backoff
  /** In the order in which they attach. */
  readonly #parts = new Set<ConnectionPart>()
  #state: State = { name: 'idle' }
  /** When the connection was last lost, for those who ask why they wait. */
  #downSince: number | undefined
  #lastError: Error | undefined
  readonly #described: DescribedProfile
  /** What the peer wants said in the Open frame, as far as it is known: from the option, or from the connection before. */
  #wants: BeforeOpen | undefined
  /** The last attempt to connect; never rejects. */
  #attempting: Promise<void> | undefined
  /** Hosts in a row that refused us for good. */
  #faults = 0

  constructor(scope: FailoverScope) {
    const { connectionRetryIntervalMs, connectionRetryBackoff, connectionRetryIntervalMaxMs } = scope.options
    this.#scope = scope
    this.#described = describedProfile(scope.options)
    this.#wants = this.#described.named?.beforeOpen
    this.#backoff = new Backoff({
      initialMs: connectionRetryIntervalMs,
      factor: connectionRetryBackoff,
      maxMs: connectionRetryIntervalMaxMs,
    })
  }

  /** Adds a part; it is attached at once when there is a connection. */
  add(part: ConnectionPart): void {
    this.#parts.add(part)
    if (this.#state.name === 'active') this.#attach(part, this.#state.active, this.#state.addresser)
  }

  /** Of the peer, while there is a connection. */
  get profile(): PeerProfile | undefined {
    return this.#state.name === 'active' ? this.#state.active.profile : undefined
  }

  /** Forgets a part without a word to it. */
  remove(part: ConnectionPart): void {
    this.#parts.delete(part)
  }

  /** Connects, if nobody has asked for it before. */
  start(): void {
    if (this.#state.name === 'idle') this.#attempting = this.#attempt()
  }

  /** For an error message: what the connection is doing. */
  describe(): string {
    const host = hostText(this.#scope.hosts.current)
    const state = this.#state
    switch (state.name) {
      case 'idle':
        return `not connected to ${host}`
      case 'active':
        return `connected to ${state.active.host}`
      case 'connecting':
        return `connecting to ${host}${this.#history()}`
      case 'backoff':
        return `no connection${this.#history()}`
      case 'closed':
        return 'the transport was closed'
      default:
        return assertNever(state, 'connection state')
    }
  }

  /** Closes in order: what left under credit is flushed. Never rejects. */
  async close(): Promise<void> {
    const state = this.#state
    this.#become({ name: 'closed' })
    switch (state.name) {
      case 'connecting':
        state.abort.abort(driverClosed())
        await this.#attempting // it may have a connection to close
        break
      case 'backoff':
        state.timer.cancel()
        break
      case 'active':
        await state.connection.close()
        break
      case 'idle':
      case 'closed':
        break
      default:
        assertNever(state, 'connection state')
    }
  }

  #history(): string {
    if (this.#downSince === undefined) return ''
    const ms = Math.round(monotonicMs() - this.#downSince)
    return ` for ${ms} ms, last error: ${reasonOf(this.#lastError)}`
  }

  /** The only writer of the state. */
  #become(next: State): void {
    const from = this.#state.name
    this.#state = next
    if (!connectionEvents.hasSubscribers) return
    const error = next.name === 'backoff' ? next.error : undefined
    connectionEvents.publish({ from, to: next.name, host: hostText(this.#scope.hosts.current), error })
  }

  async #attempt(): Promise<void> {
    const state = { name: 'connecting', abort: new AbortController() } as const
    this.#become(state)
    try {
      const { hosts } = this.#scope
      const opened = await openConnection(this.#scope, hosts.current, this.#described, this.#wants, state.abort.signal)
      this.#wants = opened.profile.beforeOpen
      if (this.#state === state) this.#activate(opened)
      else await opened.connection.close()
    } catch (error) {
      // The next host may be another product.
      this.#wants = this.#described.named?.beforeOpen
      if (this.#state === state) this.#lose(error as Error)
    }
  }

  #activate({ connection, profile }: { readonly connection: Connection; readonly profile: PeerProfile }): void {
    this.#backoff.reset()
    this.#faults = 0
    this.#downSince = undefined
    const sessions = new ConnectionSessions(connection, profile.endsSessionToRefuse)
    const active: ActiveConnection = {
      sessions,
      profile,
      nodes: profile.nodes && new DeclaredNodes(profile.nodes, sessions),
      host: hostText(this.#scope.hosts.current),
      get isOpen() {
        return connection.isOpen
      },
      abandon: (reason) => connection.abort(reason),
    }
    const addresser = createAddresser(this.#scope, profile)
    const state: State = { name: 'active', connection, active, addresser }
    this.#become(state)
    void connection.closed.then((error) => {
      if (this.#state === state) this.#lose(error ?? new Error(`${active.host}: the connection was closed`))
    })
    for (const part of [...this.#parts]) this.#attach(part, active, addresser)
  }

  /** What is wrong with one part is not to keep the others from the bus. */
  #attach(part: ConnectionPart, active: ActiveConnection, addresser: Addresser): void {
    guarded('attaching to the bus', () => part.attach(active, addresser))
  }

  /** The connection is lost or could not be made: the next host after a delay. */
  #lose(error: Error): void {
    this.#downSince ??= monotonicMs()
    this.#lastError = error
    this.#faults = isConfigurationFault(error) ? this.#faults + 1 : 0
    const hopeless = this.#faults >= this.#scope.hosts.hosts.length
    const timer = startDeadline(this.#backoff.next(), () => {
      if (this.#state.name === 'backoff') this.#attempting = this.#attempt()
    })
    this.#become({ name: 'backoff', timer, error })
    this.#scope.hosts.next()
    for (const part of [...this.#parts]) part.detach({ error, hopeless })
  }
}

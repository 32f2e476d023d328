// The links of a session: by our handle, by the peer's handle, and those whose attach the peer has not answered.

import type { Attach, Detach, Flow } from '../codec/performatives.ts'
import type { ConnectionResources } from './connection-resources.ts'
import { LinkError, ProtocolViolation, printable } from './errors.ts'
import type { Link } from './link.ts'
import { LowestNumbers } from './lowest-numbers.ts'

/** What stands behind a handle of the peer: a link, or its request for one. */
export interface RemoteEnd {
  onFlow(flow: Flow): void
  onRemoteDetach(detach: Detach): void
}

/** The same name may be used once in each direction (AMQP 1.0 part 2, 2.6.1): a link pair has one name for two links. */
const keyOf = (name: string, weAreReceiver: boolean): string => `${weAreReceiver ? 'r' : 's'}${name}`

export class LinkTable {
  readonly #byHandle = new Map<number, Link | undefined>()
  readonly #byRemoteHandle = new Map<number, RemoteEnd>()
  readonly #byName = new Map<string, Link>()
  readonly #handles = new LowestNumbers()
  readonly #ownHandleMax: number
  #handleMax: number
  readonly #resources: ConnectionResources
  /** See MemoryBudget: by the peer's handle, what it said when it attached. */
  readonly #weights = new Map<number, number>()

  /** `resources`: what the sessions of the connection share. */
  constructor(resources: ConnectionResources) {
    this.#resources = resources
    this.#ownHandleMax = resources.limits.handleMax
    this.#handleMax = this.#ownHandleMax
  }

  /** The peer's handle-max limits our handles, ours limits the peer's. */
  limitTo(remoteHandleMax: number): void {
    this.#handleMax = Math.min(this.#ownHandleMax, remoteHandleMax)
  }

  /** A handle that is taken from now on. Throws LinkError when all are in use. */
  freeHandle(): number {
    const handle = this.#takeHandle()
    if (handle === undefined) {
      throw new LinkError(`all ${this.#byHandle.size} handles of the session are in use`, {
        origin: 'local',
        condition: 'amqp:resource-limit-exceeded',
      })
    }
    return handle
  }

  /** The same for the answer to an attach. Without a handle there is no answer: then the session cannot go on. */
  handleForAnswer(): number {
    const handle = this.#takeHandle()
    if (handle !== undefined) return handle
    const message = 'no handle is free to answer an attach'
    throw new ProtocolViolation('session', 'amqp:resource-limit-exceeded', message)
  }

  /** The name, unless a link of this direction has it: then LinkError. */
  checkName(name: string, weAreReceiver: boolean): string {
    if (!this.byName(name, weAreReceiver)?.isLive) return name
    const what = `the session has a link "${printable(name)}" of this direction already`
    throw new LinkError(what, { origin: 'local', condition: 'amqp:not-allowed' })
  }

  add(link: Link): void {
    this.#byHandle.set(link.handle, link)
    this.#byName.set(keyOf(link.name, link.role === 'receiver'), link)
  }

  byName(name: string, weAreReceiver: boolean): Link | undefined {
    return this.#byName.get(keyOf(name, weAreReceiver))
  }

  /** Our link that this attach of the peer answers. */
  awaiting(attach: Attach): Link | undefined {
    const link = this.#byName.get(keyOf(attach.name, !attach.role))
    return link && link.remoteAttach === undefined ? link : undefined
  }

  /** Puts a link, or the request for one, behind the handle that the peer chose. `weight`: memory that its attach takes. */
  adopt(end: RemoteEnd, remoteHandle: number, weight: number): void {
    if (remoteHandle > this.#ownHandleMax) {
      throw new ProtocolViolation(
        'connection',
        'amqp:connection:framing-error',
        `attach.handle: expected at most ${this.#ownHandleMax}, found ${remoteHandle}`,
      )
    }
    if (this.#byRemoteHandle.has(remoteHandle)) {
      throw new ProtocolViolation(
        'session',
        'amqp:session:handle-in-use',
        `attach on handle ${remoteHandle}, which is in use`,
      )
    }
    this.#resources.linkCount.add()
    this.#resources.descriptionBudget.take(weight)
    this.#weights.set(remoteHandle, weight)
    this.#byRemoteHandle.set(remoteHandle, end)
  }

  /** The request behind the handle was accepted; of two by one name the one that is accepted last has it (2.6.1). */
  replace(link: Link, remoteHandle: number): void {
    this.byName(link.name, link.role === 'receiver')?.stolen()
    this.add(link)
    this.#byRemoteHandle.set(remoteHandle, link)
  }

  /** What stands behind the handle in a frame of the peer. */
  expect(what: string, handle: number): RemoteEnd {
    const end = this.#byRemoteHandle.get(handle)
    if (!end) throw unattached(what, handle)
    return end
  }

  /** The peer has detached: its handle is free again. */
  release(remoteHandle: number): void {
    if (!this.#byRemoteHandle.delete(remoteHandle)) return
    this.#resources.linkCount.remove()
    this.#resources.descriptionBudget.give(this.#weights.get(remoteHandle) ?? 0)
    this.#weights.delete(remoteHandle)
  }

  /** Our handle is free again. */
  releaseOwn(handle: number): void {
    if (this.#byHandle.delete(handle)) this.#handles.giveBack(handle)
  }

  remove(link: Link): void {
    if (this.#byHandle.get(link.handle) !== link) return
    this.releaseOwn(link.handle)
    const key = keyOf(link.name, link.role === 'receiver')
    if (this.#byName.get(key) === link) this.#byName.delete(key)
    const remoteHandle = link.remoteAttach?.handle
    if (remoteHandle !== undefined && this.#byRemoteHandle.get(remoteHandle) === link) this.release(remoteHandle)
  }

  #takeHandle(): number | undefined {
    const handle = this.#handles.take(this.#handleMax)
    if (handle !== undefined) this.#byHandle.set(handle, undefined)
    return handle
  }

  takeAll(): readonly Link[] {
    const links = [...this.#byHandle.values()].filter((link) => link !== undefined)
    this.#byHandle.clear()
    this.#byName.clear()
    for (const remoteHandle of [...this.#byRemoteHandle.keys()]) this.release(remoteHandle)
    return links
  }
}

export const unattached = (what: string, handle: number): ProtocolViolation =>
  new ProtocolViolation(
    'session',
    'amqp:session:unattached-handle',
    `${what}.handle: ${handle} is not attached for that`,
  )

// Session flow control as arithmetic (AMQP 1.0 part 2, 2.5.6): transfer frames in both directions are numbered, and each
// end says how many more it can take.

import type { Begin, Flow } from '../codec/performatives.ts'
import { ProtocolViolation } from './errors.ts'
import { serialAdd, serialDiff } from './serial-number.ts'

export class SessionFlow {
  readonly #initialOutgoingId: number
  #nextOutgoingId: number
  #remoteIncomingWindow = 0
  /** Undefined until the peer's Begin is there: a Flow before it has no next-incoming-id. */
  #nextIncomingId: number | undefined
  /** What the peer may send before it needs a Flow of ours. */
  readonly #fullWindow: number
  #incomingWindow: number

  /** `incomingWindow`: transfer frames that the peer may send before we give it more. */
  constructor(incomingWindow: number, initialOutgoingId = 0) {
    this.#fullWindow = incomingWindow
    this.#incomingWindow = incomingWindow
    this.#initialOutgoingId = initialOutgoingId
    this.#nextOutgoingId = initialOutgoingId
  }

  get nextOutgoingId(): number {
    return this.#nextOutgoingId
  }

  get nextIncomingId(): number | undefined {
    return this.#nextIncomingId
  }

  get incomingWindow(): number {
    return this.#incomingWindow
  }

  /** A transfer frame may be sent. */
  get open(): boolean {
    return this.#remoteIncomingWindow > 0
  }

  onBegin(begin: Begin): void {
    this.#nextIncomingId = begin.nextOutgoingId
    this.#remoteIncomingWindow = begin.incomingWindow
  }

  /**
   * remote-incoming-window := next-incoming-id(flow) + incoming-window(flow) - next-outgoing-id(endpoint);
   * before the peer has seen our Begin it counts from our initial-outgoing-id. What it sends next has the number that it says.
   */
  onFlow(flow: Flow): void {
    this.#nextIncomingId = flow.nextOutgoingId
    const underway = serialDiff(this.#nextOutgoingId, flow.nextIncomingId ?? this.#initialOutgoingId)
    this.#remoteIncomingWindow = Math.max(0, flow.incomingWindow - underway)
  }

  transferSent(): void {
    this.#nextOutgoingId = serialAdd(this.#nextOutgoingId, 1)
    this.#remoteIncomingWindow -= 1
  }

  /** The peer should be given more window. */
  get worthRenewing(): boolean {
    return this.#incomingWindow < this.#fullWindow / 2
  }

  transferReceived(): void {
    if (this.#incomingWindow <= 0) {
      throw new ProtocolViolation('session', 'amqp:session:window-violation', 'a transfer beyond the incoming window')
    }
    this.#nextIncomingId = serialAdd(this.#nextIncomingId ?? 0, 1)
    this.#incomingWindow -= 1
  }

  /** What is received is worked on at once, so every Flow may give the whole window again. */
  renewIncomingWindow(): void {
    this.#incomingWindow = this.#fullWindow
  }
}

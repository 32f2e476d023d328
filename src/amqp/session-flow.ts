// Session flow control as arithmetic (AMQP 1.0 part 2, 2.5.6): transfer frames in both directions are numbered, and each
// end says how many more it can take.

import type { Begin, Flow } from '../codec/performatives.ts'
import { ProtocolViolation } from './errors.ts'
import { SESSION_WINDOW } from './options.ts'
import { serialAdd, serialDiff } from './serial-number.ts'

export class SessionFlow {
  #nextOutgoingId = 0
  #remoteIncomingWindow = 0
  /** Undefined until the peer's Begin is there: a Flow before it has no next-incoming-id. */
  #nextIncomingId: number | undefined
  #incomingWindow = SESSION_WINDOW

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
   * before the peer has seen our Begin it counts from our initial-outgoing-id, which is 0.
   */
  onFlow(flow: Flow): void {
    const underway = serialDiff(this.#nextOutgoingId, flow.nextIncomingId ?? 0)
    this.#remoteIncomingWindow = Math.max(0, flow.incomingWindow - underway)
  }

  transferSent(): void {
    this.#nextOutgoingId = serialAdd(this.#nextOutgoingId, 1)
    this.#remoteIncomingWindow -= 1
  }

  /** True when the peer should be given more window now. */
  transferReceived(): boolean {
    if (this.#incomingWindow <= 0) {
      throw new ProtocolViolation('session', 'amqp:session:window-violation', 'a transfer beyond the incoming window')
    }
    this.#nextIncomingId = serialAdd(this.#nextIncomingId ?? 0, 1)
    this.#incomingWindow -= 1
    return this.#incomingWindow < SESSION_WINDOW / 2
  }

  /** What is received is worked on at once, so every Flow may give the whole window again. */
  renewIncomingWindow(): void {
    this.#incomingWindow = SESSION_WINDOW
  }
}

// Every frame of a connection as a line of text. It reads what was received and what is written once more, beside the
// connection: nothing on the hot path knows of it, and what it cannot read changes nothing.

import { Decoder } from '../codec/decoder.ts'
import { decodePerformative } from '../codec/performatives.ts'
import { guarded } from '../support/guarded.ts'
import { describeFrame } from './describe-frame.ts'
import type { EndpointOptions } from './options.ts'

const HEADER_SIZE = 8
/** `AMQP`, the start of a protocol header; as the size of a frame it would be more than any peer takes. */
const HEADER = 0x414d5150
const PROTOCOLS: Readonly<Record<number, string>> = Object.freeze({ 0: 'AMQP', 2: 'TLS', 3: 'SASL' })

/** Turns the trace on for connections whose options do not say. */
const VARIABLE = 'OSLO_MESSAGING_TRACE'

/** Undefined: nobody asked for it. */
export function frameTrace(peerName: string, option: EndpointOptions['trace']): FrameTrace | undefined {
  const wanted = option ?? ['1', 'true', 'yes', 'on'].includes(process.env[VARIABLE]?.toLowerCase() ?? '')
  if (wanted === false) return undefined
  return new FrameTrace(peerName, wanted === true ? toStandardError : wanted)
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`)
}

export class FrameTrace {
  readonly #peerName: string
  readonly #sink: (line: string) => void
  readonly #decoder = new Decoder()

  constructor(peerName: string, sink: (line: string) => void) {
    this.#peerName = peerName
    this.#sink = sink
  }

  receivedHeader(protocolId: number, version: string): void {
    this.#line('<-', header(protocolId, version))
  }

  /** The body is `buffer` from `start` to `end`. */
  receivedFrame(channel: number, buffer: Buffer, start: number, end: number): void {
    this.#line('<-', `${channel} ${this.#body(buffer, start, end)}`)
  }

  /** Whole headers and frames. */
  written(bytes: Buffer): void {
    for (let at = 0; at + HEADER_SIZE <= bytes.length; ) {
      const size = bytes.readUInt32BE(at)
      if (size === HEADER) {
        this.#line('->', header(bytes[at + 4]!, `${bytes[at + 5]}.${bytes[at + 6]}.${bytes[at + 7]}`))
        at += HEADER_SIZE
        continue
      }
      const body = this.#body(bytes, at + bytes[at + 4]! * 4, at + size)
      this.#line('->', `${bytes.readUInt16BE(at + 6)} ${body}`)
      at += size
    }
  }

  #body(buffer: Buffer, start: number, end: number): string {
    if (start === end) return 'empty frame'
    try {
      this.#decoder.reset(buffer, start, end)
      const frame = decodePerformative(this.#decoder)
      return describeFrame(frame, end - this.#decoder.position)
    } catch (error) {
      return `unreadable frame of ${end - start} bytes: ${(error as Error).message}`
    }
  }

  #line(direction: string, text: string): void {
    const time = new Date().toISOString().slice(11, 23)
    guarded('trace', () => this.#sink(`${time} ${this.#peerName} ${direction} ${text}`))
  }
}

const header = (protocolId: number, version: string): string =>
  `${PROTOCOLS[protocolId] ?? `protocol ${protocolId}`} ${version}`

import { Decoder } from '../../src/codec/decoder.ts'
import { decodePerformative, type Performative } from '../../src/codec/performatives.ts'
import { cutUnits, isHeader } from './wire-units.ts'

/** A frame as it was on the wire; without performative it was a sign of life. */
export interface WireFrame {
  /** 0 AMQP, 1 SASL. */
  readonly frameType: number
  readonly channel: number
  readonly frame: Performative | undefined
  readonly payload: Buffer
  readonly size: number
}

/** What one end has written, taken apart as it comes. Throws at the first byte that is no AMQP. */
export class WireLog {
  /** The protocol headers: the id of each, `AMQP` 0 or SASL 3, and how many frames came before it. */
  readonly headers: { readonly protocolId: number; readonly before: number }[] = []
  readonly frames: WireFrame[] = []
  readonly #decoder = new Decoder()
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): void {
    const { units, rest } = cutUnits(this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk)
    this.#rest = rest
    for (const unit of units) {
      if (isHeader(unit)) this.#addHeader(unit)
      else this.frames.push(this.#read(unit))
    }
  }

  /** Bytes of a unit that never became whole. */
  get unfinished(): number {
    return this.#rest.length
  }

  /** The frames of that type, without channel and payload. */
  of<T extends Performative['type']>(type: T): Extract<Performative, { type: T }>[] {
    type Wanted = Extract<Performative, { type: T }>
    return this.frames.flatMap(({ frame }) => (frame?.type === type ? [frame as Wanted] : []))
  }

  #addHeader(unit: Buffer): void {
    if (unit.readUIntBE(5, 3) !== 0x010000) throw new Error(`a header of another version: ${unit.toString('hex')}`)
    this.headers.push({ protocolId: unit[4] as number, before: this.frames.length })
  }

  #read(unit: Buffer): WireFrame {
    const [offset, frameType, channel] = [unit.readUInt8(4) * 4, unit.readUInt8(5), unit.readUInt16BE(6)]
    if (offset !== 8) throw new Error(`a frame with a data offset of ${offset} bytes`)
    const size = unit.length
    if (size === offset) return { frameType, channel, frame: undefined, payload: Buffer.alloc(0), size }
    this.#decoder.reset(unit, offset, size)
    const frame = decodePerformative(this.#decoder)
    const payload = unit.subarray(this.#decoder.position)
    if (payload.length > 0 && frame.type !== 'transfer')
      throw new Error(`${payload.length} bytes behind a ${frame.type}`)
    return { frameType, channel, frame, payload, size }
  }
}

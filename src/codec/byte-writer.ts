import { EncodeError } from './errors.ts'
import * as format from './format-codes.ts'
import { writeUtf8 } from './native-text.ts'

const DEFAULT_CAPACITY = 65_536
/** The first slab is this small, the next ones are larger: a listener may have thousands of connections that say next to nothing. */
const FIRST_SLAB = 4_096
const GROWTH = 4
/** Up to this many characters a loop over them is faster than a call into Node's string writer (measured on Node 20). */
const LOOP_LENGTH = 24
/** Under the flag u only half a surrogate pair is a surrogate. */
export const HALF_PAIR = /\p{Surrogate}/u

/**
 * The memory behind an Encoder: raw bytes, marks, and the frames of lists, maps and arrays.
 *
 * A mark is a value of `length`: it counts from the last `take()`, so it stays right when the slab is full and what was
 * not taken yet moves to a new one. What `take()` handed out is never written to again, unless `reuse()` allows it.
 */
export class ByteWriter {
  readonly #capacity: number
  /** The size of the slab in use, unless a long region has one of its own. At most `#capacity`. */
  #slabSize: number
  protected buffer: Buffer
  /** Where the next byte goes. */
  protected position = 0
  /** Where the region begins that has not been taken. */
  #start = 0

  /** `capacity`: the size that slabs grow to as they are used up. */
  constructor(capacity = DEFAULT_CAPACITY) {
    this.#capacity = capacity
    this.#slabSize = Math.min(capacity, FIRST_SLAB)
    this.buffer = Buffer.allocUnsafeSlow(this.#slabSize)
  }

  /** Bytes written since the last `take()`; as a mark, the place where the next byte will stand. */
  get length(): number {
    return this.position - this.#start
  }

  /** A view of what was written since the last `take()`. It belongs to the caller from now on. */
  take(): Buffer {
    const taken = this.buffer.subarray(this.#start, this.position)
    this.#start = this.position
    return taken
  }

  /**
   * Whoever took what was written needs it no more: the next bytes go where it stood. Only while nothing is written that has not
   * been taken.
   */
  reuse(): void {
    if (this.position !== this.#start) throw new EncodeError('bytes that nobody has taken cannot be written over')
    if (this.buffer.length > this.#capacity) this.buffer = Buffer.allocUnsafeSlow(this.#slabSize)
    this.#start = 0
    this.position = 0
  }

  /** Forgets what was written after the mark. */
  truncate(mark: number): void {
    this.position = this.#start + this.#checkMark(mark, 0)
  }

  /** A copy, in memory of its own, of what was written after the mark. */
  copyFrom(mark: number): Buffer {
    const from = this.#start + this.#checkMark(mark, 0)
    return Buffer.from(this.buffer.subarray(from, this.position))
  }

  patchUint8(mark: number, value: number): void {
    this.buffer[this.#start + this.#checkMark(mark, 1)] = value
  }

  patchUint32(mark: number, value: number): void {
    this.buffer.writeUInt32BE(value, this.#start + this.#checkMark(mark, 4))
  }

  rawUint8(value: number): void {
    this.reserve(1)
    this.buffer[this.position++] = value
  }

  rawUint16(value: number): void {
    this.reserve(2)
    this.buffer[this.position++] = value >>> 8
    this.buffer[this.position++] = value
  }

  rawUint32(value: number): void {
    this.reserve(4)
    this.put32(value)
  }

  rawBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.position)
    this.position += bytes.length
  }

  /** The characters of a symbol without its constructor and size. */
  rawAscii(value: string, what = 'value'): void {
    this.reserve(value.length)
    const written = this.putAscii(value, this.position)
    if (written < 0) throw new EncodeError(`${what}: a symbol has ASCII characters only, not ${JSON.stringify(value)}`)
    this.position += written
  }

  /** Forgets the last fields of a list: all of them nulls, of one byte each. */
  dropNulls(count: number): void {
    this.position -= count
  }

  /** Opens a list, map or array; the mark it returns closes it. Room for the short form is kept, the long form moves the content. */
  beginCompound(): number {
    const mark = this.length
    this.reserve(3)
    this.position += 3
    return mark
  }

  endList(mark: number, count: number): void {
    if (count === 0) {
      this.truncate(mark)
      this.rawUint8(format.LIST0)
    } else {
      this.endCompound(mark, count, format.LIST8, format.LIST32)
    }
  }

  /** `pairs`: keys and values are counted together. */
  endMap(mark: number, pairs: number): void {
    this.endCompound(mark, pairs * 2, format.MAP8, format.MAP32)
  }

  endCompound(mark: number, count: number, code8: number, code32: number): void {
    const at = this.#start + mark
    const size = this.position - at - 3
    // The size counts the count that follows it.
    if (size < 0xff && count <= 0xff) {
      this.buffer[at] = code8
      this.buffer[at + 1] = size + 1
      this.buffer[at + 2] = count
      return
    }
    this.reserve(6)
    const start = this.#start + mark
    this.buffer.copyWithin(start + 9, start + 3, this.position)
    this.buffer[start] = code32
    this.buffer.writeUInt32BE(size + 4, start + 1)
    this.buffer.writeUInt32BE(count, start + 5)
    this.position += 6
  }

  protected reserve(bytes: number): void {
    if (this.position + bytes > this.buffer.length) this.#nextSlab(bytes)
  }

  #nextSlab(bytes: number): void {
    const unfinished = this.length
    const needed = unfinished + bytes
    this.#slabSize =
      needed <= this.#slabSize * GROWTH ? Math.min(this.#slabSize * GROWTH, this.#capacity) : this.#capacity
    // A region that outgrows the usual slab doubles, so that a long message is not copied again for each of its parts.
    const slab = Buffer.allocUnsafeSlow(needed <= this.#slabSize ? this.#slabSize : needed + unfinished)
    slab.set(this.buffer.subarray(this.#start, this.position))
    this.buffer = slab
    this.#start = 0
    this.position = unfinished
  }

  #checkMark(mark: number, bytes: number): number {
    if (mark >= 0 && mark + bytes <= this.length) return mark
    throw new EncodeError(`mark ${mark} is outside the ${this.length} bytes written since the last take()`)
  }

  protected put32(value: number): void {
    const buffer = this.buffer
    const position = this.position
    buffer[position] = value >>> 24
    buffer[position + 1] = value >>> 16
    buffer[position + 2] = value >>> 8
    buffer[position + 3] = value
    this.position = position + 4
  }

  /** Writes text as UTF-8 into room that is known to suffice; returns the number of bytes. */
  protected putText(value: string, at: number, what: string): number {
    const { length } = value
    if (length <= LOOP_LENGTH) {
      const written = this.putAscii(value, at)
      if (written >= 0) return written
    }
    const written = writeUtf8(this.buffer, value, at, length * 3)
    if (written !== length) checkWellFormed(value, what)
    return written
  }

  /** Writes ASCII; -1 when there is any other character. */
  protected putAscii(value: string, at: number): number {
    const buffer = this.buffer
    const { length } = value
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 0x7f) return -1
      buffer[at + i] = unit
    }
    return length
  }
}

/** Node would put a replacement character in place of half a surrogate pair: the receiver would get another text. */
export function checkWellFormed(value: string, what: string): void {
  if (HALF_PAIR.test(value)) throw new EncodeError(`${what}: the string has half a surrogate pair`)
}

import { isUtf8 } from 'node:buffer'
import { DecodeError } from './errors.ts'
import * as format from './format-codes.ts'
import { readUtf8 } from './native-text.ts'

const EMPTY = Buffer.alloc(0)
const TWO_32 = 4_294_967_296
/** High word of the smallest 64-bit number that a JavaScript number cannot hold exactly. */
const UNSAFE_HIGH = 0x20_0000
const REPLACEMENT = '\ufffd'

/** The raw side of a Decoder: a piece of a buffer, a position in it, and reads that check that the bytes are there. */
export class ByteReader {
  buffer: Buffer = EMPTY
  /** Index in `buffer` of the next byte. */
  position = 0
  /** Index in `buffer` behind the last byte. */
  end = 0
  /** Bytes that a string or symbol may have. */
  readonly #maxStringLength: number

  constructor(maxStringLength: number) {
    this.#maxStringLength = maxStringLength
  }

  /** The next constructor byte. */
  readCode(what: string): number {
    if (this.position >= this.end) throw this.truncated(1, what)
    return this.buffer[this.position++]!
  }

  uint8(what: string): number {
    if (this.position >= this.end) throw this.truncated(1, what)
    return this.buffer[this.position++]!
  }

  uint16(what: string): number {
    const at = this.advance(2, what)
    return (this.buffer[at]! << 8) | this.buffer[at + 1]!
  }

  uint32(what: string): number {
    const at = this.advance(4, what)
    const { buffer } = this
    return ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0
  }

  uint64(what: string): number | bigint {
    const high = this.uint32(what)
    const low = this.uint32(what)
    if (high < UNSAFE_HIGH) return high * TWO_32 + low
    return (BigInt(high) << 32n) | BigInt(low)
  }

  int64(what: string): number | bigint {
    const high = this.uint32(what) | 0
    const low = this.uint32(what)
    // Leaves out -2^53 + 0 itself, which is not safe either.
    if (high < UNSAFE_HIGH && (high > -UNSAFE_HIGH || (high === -UNSAFE_HIGH && low > 0))) return high * TWO_32 + low
    return (BigInt(high) << 32n) | BigInt(low)
  }

  booleanByte(what: string): boolean {
    const value = this.uint8(what)
    if (value > 1) throw this.fail(`${what}: expected 0 or 1 for a boolean, found ${value}`, this.position - 1)
    return value === 1
  }

  /** A view of the next bytes. */
  bytes(length: number, what: string): Buffer {
    const at = this.advance(length, what)
    return this.buffer.subarray(at, at + length)
  }

  utf8(length: number, what: string): string {
    const at = this.advance(length, what)
    if (length > this.#maxStringLength) throw this.#tooLong(length, what)
    const text = readUtf8(this.buffer, at, at + length)
    // Node replaces what is not UTF-8. To find the replacement costs next to nothing in a text without wide characters.
    if (text.indexOf(REPLACEMENT) >= 0 && !isUtf8(this.buffer.subarray(at, at + length))) {
      throw this.fail(`${what}: a string that is not UTF-8`, at)
    }
    return text
  }

  ascii(length: number, what: string): string {
    const at = this.advance(length, what)
    if (length > this.#maxStringLength) throw this.#tooLong(length, what)
    const end = at + length
    for (let i = at; i < end; i++) {
      if (this.buffer[i]! > 0x7f) throw this.fail(`${what}: a symbol with a byte outside ASCII`, i)
    }
    return this.buffer.toString('latin1', at, end)
  }

  #tooLong(length: number, what: string): DecodeError {
    return this.fail(`${what}: a text of ${length} bytes, expected at most ${this.#maxStringLength}`)
  }

  /** Only to be thrown. */
  fail(message: string, offset = this.position): DecodeError {
    return new DecodeError(message, offset)
  }

  /** Only to be thrown, right behind the constructor byte. */
  wrongType(expected: string, code: number, what: string): DecodeError {
    return this.fail(`${what}: expected ${expected}, found ${format.describeCode(code)}`, this.position - 1)
  }

  truncated(needed: number, what: string): DecodeError {
    return this.fail(`${what}: ${needed} more bytes needed, ${this.end - this.position} there`)
  }

  /** Steps over bytes after checking that they are there; gives the index of the first. */
  advance(length: number, what: string): number {
    const at = this.position
    if (length > this.end - at) throw this.truncated(length, what)
    this.position = at + length
    return at
  }
}

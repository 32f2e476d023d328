import { ByteReader } from './byte-reader.ts'
import * as descriptors from './descriptors.ts'
import { inField } from './errors.ts'
import * as format from './format-codes.ts'
import { DEFAULT_LIMITS, type DecodeLimits } from './limits.ts'
import { type AmqpValue, type Fields, Uuid } from './types.ts'
import { decodeValue, skipValue } from './value-decoder.ts'

/** Bytes that an item takes besides its own: numbers less, empty maps more. */
const ITEM_WEIGHT = 128

/**
 * Reads AMQP values one after the other from a piece of a buffer, without copying.
 *
 * `read…` of a type gives undefined for null. The argument `what` names the field in errors; a value of another type, or
 * one that is cut off, is a DecodeError that says what was expected and found there. After an error the position is
 * undefined: `reset` before going on.
 */
export class Decoder extends ByteReader {
  readonly limits: DecodeLimits
  /** Set by `beginList` and `beginMap`: index behind the last byte of what was begun. */
  compoundEnd = 0
  /** How many elements without bytes may still be claimed; all arrays between two calls of `reset` share it. */
  zeroWidthLeft: number
  #start = 0
  /** Items of lists, maps and arrays since `reset`, without the fields of composite types. */
  #items = 0

  constructor(limits: DecodeLimits = DEFAULT_LIMITS) {
    super(limits.maxStringLength)
    this.limits = limits
    this.zeroWidthLeft = limits.maxZeroWidthElements
  }

  reset(buffer: Buffer, start = 0, end = buffer.length): void {
    this.buffer = buffer
    this.position = start
    this.end = end
    this.zeroWidthLeft = this.limits.maxZeroWidthElements
    this.#start = start
    this.#items = 0
  }

  /**
   * About the memory, in bytes, that is taken by what was read since `reset`: its own bytes, and more for each item of its lists,
   * maps and arrays, which may have cost the peer one byte.
   */
  get weight(): number {
    return this.position - this.#start + this.#items * ITEM_WEIGHT
  }

  /** To be called before the items of a list, map or array are read. */
  countItems(count: number, what: string): void {
    this.#items += count
    if (this.#items > this.limits.maxItems) throw this.fail(`${what}: more than ${this.limits.maxItems} items`)
  }

  /** Any value, with its type told from the bytes (see AmqpValue). */
  readValue(): AmqpValue {
    return decodeValue(this, 0)
  }

  /** Steps over a value; what is inside of a list, map, array or string is not looked at. */
  skipValue(): void {
    skipValue(this, 0)
  }

  readBoolean(what: string): boolean | undefined {
    const code = this.readCode(what)
    if (code === format.TRUE) return true
    if (code === format.FALSE) return false
    if (code === format.NULL) return undefined
    if (code === format.BOOLEAN) return this.booleanByte(what)
    throw this.wrongType('boolean', code, what)
  }

  /** A boolean whose default is false. */
  readFlag(what: string): boolean {
    return this.readBoolean(what) ?? false
  }

  readUbyte(what: string): number | undefined {
    const code = this.readCode(what)
    if (code === format.UBYTE) return this.uint8(what)
    if (code === format.NULL) return undefined
    throw this.wrongType('ubyte', code, what)
  }

  readUshort(what: string): number | undefined {
    const code = this.readCode(what)
    if (code === format.USHORT) return this.uint16(what)
    if (code === format.NULL) return undefined
    throw this.wrongType('ushort', code, what)
  }

  readUint(what: string): number | undefined {
    switch (this.readCode(what)) {
      case format.SMALL_UINT:
        return this.uint8(what)
      case format.UINT0:
        return 0
      case format.UINT:
        return this.uint32(what)
      case format.NULL:
        return undefined
      default:
        throw this.wrongType('uint', this.buffer[this.position - 1]!, what)
    }
  }

  readUlong(what: string): number | bigint | undefined {
    switch (this.readCode(what)) {
      case format.SMALL_ULONG:
        return this.uint8(what)
      case format.ULONG0:
        return 0
      case format.ULONG:
        return this.uint64(what)
      case format.NULL:
        return undefined
      default:
        throw this.wrongType('ulong', this.buffer[this.position - 1]!, what)
    }
  }

  /** Milliseconds since 1970; what a number cannot hold exactly becomes the nearest that it can (285 000 years away). */
  readTimestamp(what: string): number | undefined {
    const code = this.readCode(what)
    if (code === format.NULL) return undefined
    if (code !== format.TIMESTAMP) throw this.wrongType('timestamp', code, what)
    const value = this.int64(what)
    if (typeof value === 'number') return value
    return value < 0n ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER
  }

  readUuid(what: string): Uuid | undefined {
    const code = this.readCode(what)
    if (code === format.UUID) return new Uuid(this.bytes(16, what))
    if (code === format.NULL) return undefined
    throw this.wrongType('uuid', code, what)
  }

  /** A view of the bytes, not a copy. */
  readBinary(what: string): Buffer | undefined {
    const code = this.readCode(what)
    if (code === format.BINARY8) return this.bytes(this.uint8(what), what)
    if (code === format.BINARY32) return this.bytes(this.uint32(what), what)
    if (code === format.NULL) return undefined
    throw this.wrongType('binary', code, what)
  }

  readString(what: string): string | undefined {
    const code = this.readCode(what)
    if (code === format.STRING8) return this.utf8(this.uint8(what), what)
    if (code === format.STRING32) return this.utf8(this.uint32(what), what)
    if (code === format.NULL) return undefined
    throw this.wrongType('string', code, what)
  }

  readSymbol(what: string): string | undefined {
    const code = this.readCode(what)
    if (code === format.SYMBOL8) return this.ascii(this.uint8(what), what)
    if (code === format.SYMBOL32) return this.ascii(this.uint32(what), what)
    if (code === format.NULL) return undefined
    throw this.wrongType('symbol', code, what)
  }

  /** A field that the specification marks `multiple`: an array of symbols, or one symbol alone. */
  readSymbolArray(what: string): string[] | undefined {
    const code = this.readCode(what)
    if (code === format.NULL) return undefined
    this.position--
    if (code !== format.ARRAY8 && code !== format.ARRAY32) return [this.readSymbol(what)!]
    const count = this.beginArray(what)
    this.countItems(count, what)
    const end = this.compoundEnd
    const element = this.readCode(what)
    if (element !== format.SYMBOL8 && element !== format.SYMBOL32)
      throw this.wrongType('array of symbol', element, what)
    const symbols: string[] = []
    for (let i = 0; i < count; i++) {
      symbols.push(this.ascii(element === format.SYMBOL8 ? this.uint8(what) : this.uint32(what), what))
    }
    this.endCompound(end, what)
    return symbols
  }

  /**
   * The specification's `fields` and the application properties: a map under names. The keys may be symbols or strings,
   * since peers mix them up. Of a key that comes twice the last value stays.
   */
  readFields(what: string): Fields | undefined {
    const code = this.readCode(what)
    if (code === format.NULL) return undefined
    this.position--
    const count = this.beginMap(what)
    this.countItems(count, what)
    const end = this.compoundEnd
    const fields = new Map<string, AmqpValue>()
    try {
      for (let i = 0; i < count; i += 2) {
        const key = this.readName(what)
        fields.set(key, decodeValue(this, 1))
      }
    } catch (error) {
      throw inField(error, what)
    }
    this.endCompound(end, what)
    return fields
  }

  /** A symbol or a string, not null. */
  readName(what: string): string {
    const code = this.readCode(what)
    if (code === format.SYMBOL8) return this.ascii(this.uint8(what), what)
    if (code === format.STRING8) return this.utf8(this.uint8(what), what)
    if (code === format.SYMBOL32) return this.ascii(this.uint32(what), what)
    if (code === format.STRING32) return this.utf8(this.uint32(what), what)
    throw this.wrongType('symbol', code, `${what} (a key)`)
  }

  /** True when the next value is null; then it is read. */
  skipNull(): boolean {
    if (this.position >= this.end || this.buffer[this.position] !== format.NULL) return false
    this.position++
    return true
  }

  /**
   * Reads the start of a described value up to its content. Gives the code of a descriptor of the specification, in
   * numeric or symbolic form, else UNKNOWN_DESCRIPTOR.
   */
  readDescriptor(what: string): number {
    const code = this.readCode(what)
    if (code !== format.DESCRIBED) throw this.wrongType('described value', code, what)
    const kind = this.readCode(what)
    if (kind === format.SMALL_ULONG) return this.uint8(what)
    this.position--
    if (kind === format.ULONG || kind === format.ULONG0) return Number(this.readUlong(what))
    if (kind === format.SYMBOL8 || kind === format.SYMBOL32) return descriptors.codeOfSymbol(this.readSymbol(what)!)
    skipValue(this, 1)
    return descriptors.UNKNOWN_DESCRIPTOR
  }

  /** The start of a list with at most `max` items; gives their number and sets `compoundEnd`. */
  beginList(what: string, max: number): number {
    const code = this.readCode(what)
    if (code === format.LIST0) {
      this.compoundEnd = this.position
      return 0
    }
    if (code !== format.LIST8 && code !== format.LIST32) throw this.wrongType('list', code, what)
    const count = this.beginItems(code === format.LIST8 ? 1 : 4, what)
    if (count > max) throw this.fail(`${what}: expected at most ${max} fields, found ${count}`)
    return count
  }

  /** The start of a map; gives the number of keys and values together and sets `compoundEnd`. */
  beginMap(what: string): number {
    const code = this.readCode(what)
    if (code !== format.MAP8 && code !== format.MAP32) throw this.wrongType('map', code, what)
    return this.beginPairs(code === format.MAP8 ? 1 : 4, what)
  }

  /** The start of an array up to the constructor of its elements; gives their number and sets `compoundEnd`. */
  beginArray(what: string): number {
    const code = this.readCode(what)
    if (code !== format.ARRAY8 && code !== format.ARRAY32) throw this.wrongType('array', code, what)
    return this.beginCompound(code === format.ARRAY8 ? 1 : 4, what)
  }

  /** Reads size and count of a list, map or array, checks the size, sets `compoundEnd`, gives the count. */
  beginCompound(width: 1 | 4, what: string): number {
    const size = width === 1 ? this.uint8(what) : this.uint32(what)
    if (size < width) throw this.fail(`${what}: a size of ${size} bytes has no room for the count`)
    if (size > this.end - this.position) throw this.truncated(size, what)
    this.compoundEnd = this.position + size
    return width === 1 ? this.uint8(what) : this.uint32(what)
  }

  /** The same for a list: each item has one byte at least. */
  beginItems(width: 1 | 4, what: string): number {
    const count = this.beginCompound(width, what)
    if (count > this.compoundEnd - this.position) throw this.fail(`${what}: ${count} items in fewer bytes`)
    return count
  }

  /** The same for a map: keys and values are counted together. */
  beginPairs(width: 1 | 4, what: string): number {
    const count = this.beginItems(width, what)
    if (count % 2 !== 0) throw this.fail(`${what}: a map with a key without value (${count} items)`)
    return count
  }

  /** To be called behind the last item: the items must fill the size exactly. */
  endCompound(end: number, what: string): void {
    if (this.position !== end) {
      throw this.fail(
        `${what}: the items end ${Math.abs(this.position - end)} bytes ${this.position > end ? 'behind' : 'before'} the size given`,
      )
    }
  }
}

import { ByteWriter, checkWellFormed } from './byte-writer.ts'
import { EncodeError } from './errors.ts'
import * as format from './format-codes.ts'
import { writeUtf8 } from './native-text.ts'
import type { AmqpValue, Fields } from './types.ts'
import { encodeValue } from './value-encoder.ts'

/** Above this many characters the exact length is counted first, so that room for three bytes a character is not reserved in vain. */
const EXACT_LENGTH = 1024
const TWO_32 = 4_294_967_296

/**
 * Writes AMQP values one after the other, always in the shortest form.
 *
 * Every `write…` takes `undefined` (and null) for AMQP's null, and as last argument the name of what is written, for the
 * error message. A value that does not fit its type is an EncodeError; what was written before it stays: whoever goes on
 * after an error remembers `length` beforehand and truncates to it.
 */
export class Encoder extends ByteWriter {
  writeNull(): void {
    this.rawUint8(format.NULL)
  }

  writeBoolean(value: boolean | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    if (typeof value !== 'boolean') throw unfit(value, 'boolean', what)
    this.rawUint8(value ? format.TRUE : format.FALSE)
  }

  /** A boolean whose default is false: null stands for that. */
  writeFlag(value: boolean | null | undefined): void {
    this.rawUint8(value === true ? format.TRUE : format.NULL)
  }

  writeUbyte(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    this.#integer(value, 0, 0xff, 'ubyte', what)
    this.#put8(format.UBYTE, value)
  }

  writeUshort(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    this.#integer(value, 0, 0xffff, 'ushort', what)
    this.rawUint8(format.USHORT)
    this.rawUint16(value)
  }

  writeUint(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    this.#integer(value, 0, 0xffff_ffff, 'uint', what)
    if (value === 0) {
      this.rawUint8(format.UINT0)
    } else if (value <= 0xff) {
      this.#put8(format.SMALL_UINT, value)
    } else {
      this.reserve(5)
      this.buffer[this.position++] = format.UINT
      this.put32(value)
    }
  }

  writeUlong(value: number | bigint | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    const exact = this.#word(value, 0, BigInt.asUintN, 'ulong', what)
    // `<`, unlike `===`, takes a zero that is a bigint for zero.
    if (exact < 1) this.rawUint8(format.ULONG0)
    else if (exact <= 0xff) this.#put8(format.SMALL_ULONG, Number(exact))
    else this.#put64(format.ULONG, exact)
  }

  writeByte(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    this.#integer(value, -0x80, 0x7f, 'byte', what)
    this.#put8(format.BYTE, value)
  }

  writeShort(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    this.#integer(value, -0x8000, 0x7fff, 'short', what)
    this.rawUint8(format.SHORT)
    this.rawUint16(value)
  }

  writeInt(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    this.#integer(value, -0x8000_0000, 0x7fff_ffff, 'int', what)
    if (value >= -0x80 && value <= 0x7f) {
      this.#put8(format.SMALL_INT, value)
    } else {
      this.reserve(5)
      this.buffer[this.position++] = format.INT
      this.put32(value)
    }
  }

  writeLong(value: number | bigint | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    const exact = this.#word(value, Number.MIN_SAFE_INTEGER, BigInt.asIntN, 'long', what)
    if (exact >= -0x80 && exact <= 0x7f) this.#put8(format.SMALL_LONG, Number(exact))
    else this.#put64(format.LONG, exact)
  }

  /** Rounds to the nearest 32-bit float. */
  writeFloat(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    if (typeof value !== 'number') throw unfit(value, 'float', what)
    this.reserve(5)
    this.buffer[this.position] = format.FLOAT
    this.position = this.buffer.writeFloatBE(value, this.position + 1)
  }

  writeDouble(value: number | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    if (typeof value !== 'number') throw unfit(value, 'double', what)
    this.reserve(9)
    this.buffer[this.position] = format.DOUBLE
    this.position = this.buffer.writeDoubleBE(value, this.position + 1)
  }

  /** Milliseconds since 1970 (UTC), may be negative. */
  writeTimestamp(value: number | bigint | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    this.#put64(format.TIMESTAMP, this.#word(value, Number.MIN_SAFE_INTEGER, BigInt.asIntN, 'timestamp', what))
  }

  writeUuid(value: { readonly bytes: Uint8Array } | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    if (!(value.bytes instanceof Uint8Array) || value.bytes.length !== 16) throw unfit(value, 'uuid', what)
    this.rawUint8(format.UUID)
    this.rawBytes(value.bytes)
  }

  writeBinary(value: Uint8Array | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    if (!(value instanceof Uint8Array)) throw unfit(value, 'binary', what)
    if (value.length <= 0xff) {
      this.#put8(format.BINARY8, value.length)
    } else {
      this.#sized32(format.BINARY32, value.length, what)
    }
    this.rawBytes(value)
  }

  writeString(value: string | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    if (typeof value !== 'string') throw unfit(value, 'string', what)
    if (value.length > EXACT_LENGTH) this.#longString(value, what)
    else this.#shortString(value, what)
  }

  writeSymbol(value: string | null | undefined, what = 'value'): void {
    if (this.#absent(value)) return
    if (typeof value !== 'string') throw unfit(value, 'symbol', what)
    if (value.length <= 0xff) {
      this.#put8(format.SYMBOL8, value.length)
    } else {
      this.#sized32(format.SYMBOL32, value.length, what)
    }
    this.rawAscii(value, what)
  }

  /** The specification's `multiple` symbols: always as an array. */
  writeSymbolArray(values: readonly string[] | null | undefined, what = 'value'): void {
    if (this.#absent(values)) return
    if (!Array.isArray(values)) throw unfit(values, 'array of symbol', what)
    if (!values.every((value) => typeof value === 'string')) throw unfit(values, 'array of symbol', what)
    const wide = values.some((value) => value.length > 0xff)
    const array = this.beginCompound()
    this.rawUint8(wide ? format.SYMBOL32 : format.SYMBOL8)
    for (const value of values) {
      if (wide) this.rawUint32(value.length)
      else this.rawUint8(value.length)
      this.rawAscii(value, what)
    }
    this.endCompound(array, values.length, format.ARRAY8, format.ARRAY32)
  }

  /** The specification's `fields`: a map whose keys are symbols. */
  writeFields(fields: Fields | null | undefined, what = 'value'): void {
    if (this.#absent(fields)) return
    if (!(fields instanceof Map)) throw unfit(fields, 'map', what)
    const map = this.beginCompound()
    for (const [key, value] of fields as Fields) {
      if (typeof key !== 'string') throw unfit(key, 'symbol', what)
      this.writeSymbol(key, what)
      this.writeValue(value, what)
    }
    this.endMap(map, fields.size)
  }

  /** Any value, in the AMQP type that its JavaScript type stands for (see AmqpValue). `depth`: how many values are around it. */
  writeValue(value: AmqpValue, what = 'value', depth = 0): void {
    encodeValue(this, value, what, depth)
  }

  /** The start of a described value whose descriptor is one of the specification's codes. */
  writeDescriptor(code: number): void {
    this.reserve(3)
    this.buffer[this.position++] = format.DESCRIBED
    this.buffer[this.position++] = format.SMALL_ULONG
    this.buffer[this.position++] = code
  }

  #integer(value: number, min: number, max: number, type: string, what: string): void {
    if (!Number.isInteger(value) || value < min || value > max) throw unfit(value, type, what)
  }

  #put8(code: number, value: number): void {
    this.reserve(2)
    this.buffer[this.position++] = code
    this.buffer[this.position++] = value
  }

  /** Writes null for what is absent. */
  #absent(value: unknown): value is null | undefined {
    if (value !== undefined && value !== null) return false
    this.writeNull()
    return true
  }

  /** Checks an integer for a type of 64 bits. `fit` cuts a bigint to them. */
  #word(
    value: number | bigint,
    min: number,
    fit: (bits: number, value: bigint) => bigint,
    type: string,
    what: string,
  ): number | bigint {
    if (typeof value === 'number') this.#integer(value, min, Number.MAX_SAFE_INTEGER, type, what)
    else if (typeof value !== 'bigint' || fit(64, value) !== value) throw unfit(value, type, what)
    return value
  }

  #put64(code: number, value: number | bigint): void {
    this.reserve(9)
    this.buffer[this.position++] = code
    if (typeof value === 'number') {
      this.put32(Math.floor(value / TWO_32))
      this.put32(value)
    } else {
      this.position = this.buffer.writeBigUInt64BE(BigInt.asUintN(64, value), this.position)
    }
  }

  #sized32(code: number, size: number, what: string): void {
    if (size > 0xffff_ffff) throw new EncodeError(`${what}: ${size} bytes are more than AMQP can count`)
    this.reserve(5)
    this.buffer[this.position++] = code
    this.put32(size)
  }

  #shortString(value: string, what: string): void {
    this.reserve(value.length * 3 + 5)
    const start = this.position
    // One size byte is assumed; the rare text whose UTF-8 form outgrows it is moved.
    const written = this.putText(value, start + 2, what)
    if (written <= 0xff) {
      this.buffer[start] = format.STRING8
      this.buffer[start + 1] = written
      this.position = start + 2 + written
      return
    }
    this.buffer.copyWithin(start + 5, start + 2, start + 2 + written)
    this.buffer[start] = format.STRING32
    this.buffer.writeUInt32BE(written, start + 1)
    this.position = start + 5 + written
  }

  #longString(value: string, what: string): void {
    const bytes = Buffer.byteLength(value)
    this.#sized32(format.STRING32, bytes, what)
    this.reserve(bytes)
    const written = writeUtf8(this.buffer, value, this.position, bytes)
    if (written !== value.length) checkWellFormed(value, what)
    this.position += written
  }
}

function unfit(value: unknown, type: string, what: string): EncodeError {
  const shown = typeof value === 'number' || typeof value === 'bigint' ? String(value) : typeof value
  return new EncodeError(`${what}: ${shown} does not fit the type ${type}`)
}

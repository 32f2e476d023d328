// Constructor bytes of the primitive types (specification part 1, section 1.6) and what can be told from the byte alone.

export const DESCRIBED = 0x00
export const NULL = 0x40
export const TRUE = 0x41
export const FALSE = 0x42
export const UINT0 = 0x43
export const ULONG0 = 0x44
export const LIST0 = 0x45
export const UBYTE = 0x50
export const BYTE = 0x51
export const SMALL_UINT = 0x52
export const SMALL_ULONG = 0x53
export const SMALL_INT = 0x54
export const SMALL_LONG = 0x55
export const BOOLEAN = 0x56
export const USHORT = 0x60
export const SHORT = 0x61
export const UINT = 0x70
export const INT = 0x71
export const FLOAT = 0x72
export const CHAR = 0x73
export const DECIMAL32 = 0x74
export const ULONG = 0x80
export const LONG = 0x81
export const DOUBLE = 0x82
export const TIMESTAMP = 0x83
export const DECIMAL64 = 0x84
export const DECIMAL128 = 0x94
export const UUID = 0x98
export const BINARY8 = 0xa0
export const STRING8 = 0xa1
export const SYMBOL8 = 0xa3
export const BINARY32 = 0xb0
export const STRING32 = 0xb1
export const SYMBOL32 = 0xb3
export const LIST8 = 0xc0
export const MAP8 = 0xc1
export const LIST32 = 0xd0
export const MAP32 = 0xd1
export const ARRAY8 = 0xe0
export const ARRAY32 = 0xf0

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [DESCRIBED, 'described'],
  [NULL, 'null'],
  [TRUE, 'boolean'],
  [FALSE, 'boolean'],
  [BOOLEAN, 'boolean'],
  [UBYTE, 'ubyte'],
  [USHORT, 'ushort'],
  [UINT0, 'uint'],
  [SMALL_UINT, 'uint'],
  [UINT, 'uint'],
  [ULONG0, 'ulong'],
  [SMALL_ULONG, 'ulong'],
  [ULONG, 'ulong'],
  [BYTE, 'byte'],
  [SHORT, 'short'],
  [SMALL_INT, 'int'],
  [INT, 'int'],
  [SMALL_LONG, 'long'],
  [LONG, 'long'],
  [FLOAT, 'float'],
  [DOUBLE, 'double'],
  [DECIMAL32, 'decimal32'],
  [DECIMAL64, 'decimal64'],
  [DECIMAL128, 'decimal128'],
  [CHAR, 'char'],
  [TIMESTAMP, 'timestamp'],
  [UUID, 'uuid'],
  [BINARY8, 'binary'],
  [BINARY32, 'binary'],
  [STRING8, 'string'],
  [STRING32, 'string'],
  [SYMBOL8, 'symbol'],
  [SYMBOL32, 'symbol'],
  [LIST0, 'list'],
  [LIST8, 'list'],
  [LIST32, 'list'],
  [MAP8, 'map'],
  [MAP32, 'map'],
  [ARRAY8, 'array'],
  [ARRAY32, 'array'],
])

/** The specification's name of the type, or undefined for a byte that is no constructor. */
export function typeName(code: number): string | undefined {
  return TYPE_NAMES.get(code)
}

/** For messages: never undefined. */
export function describeCode(code: number): string {
  return typeName(code) ?? `unknown constructor 0x${code.toString(16).padStart(2, '0')}`
}

/** Bytes of the value behind a constructor, indexed by its high nibble; -1 and -4: a size of that many bytes stands first. */
const WIDTHS = Object.freeze([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, -1, -4, -1, -4, -1, -4])

/** See WIDTHS. Only meaningful for codes that `typeName` knows (and not for DESCRIBED). */
export function widthOf(code: number): number {
  return WIDTHS[code >> 4]!
}

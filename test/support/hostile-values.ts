// Encoded values that a decoder might trip over: counts and sizes that lie, nesting without end, types where others are
// expected, numbers at the edges of their types.

import type { Random } from './random.ts'

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

const join = (...parts: readonly (number | Buffer | readonly number[])[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(typeof part === 'number' ? [part] : part))),
  )

export const EDGES: readonly number[] = [
  0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 127, 128, 254, 255, 256, 257, 511, 512, 4095, 4096, 32_767, 32_768, 65_535, 65_536,
  0x00ff_ffff, 0x0100_0000, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff,
]

/** A uint; small ones more often than at the edges, since handles, channels and ids are small. */
export function someUint(random: Random): Buffer {
  const value = random.chance(0.4) ? random.below(6) : random.pick(EDGES)
  return value <= 0xff && random.chance(0.5) ? join(0x52, value) : join(0x70, uint32(value))
}

/** Lists, maps, arrays or descriptors around each other; sizes and counts fit. */
export function nested(random: Random, depth: number): Buffer {
  const kind = random.pick(['list', 'map', 'array', 'described', 'descriptor', 'mixed'] as const)
  let value: Buffer = join(0x45)
  for (let n = 0; n < depth; n++)
    value = wrapped(kind === 'mixed' ? random.pick(['list', 'map', 'described'] as const) : kind, value)
  return value
}

function wrapped(kind: 'list' | 'map' | 'array' | 'described' | 'descriptor', value: Buffer): Buffer {
  switch (kind) {
    case 'list':
      return join(0xd0, uint32(value.length + 4), uint32(1), value)
    case 'map':
      return join(0xd1, uint32(value.length + 5), uint32(2), 0x40, value)
    case 'array': {
      // The constructor stands before the element: what was wrapped begins with its own.
      const element = value[0] === 0xf0 ? value : join(0xf0, uint32(5), uint32(0), 0x40)
      return join(0xf0, uint32(element.length + 4), uint32(1), element)
    }
    case 'described':
      return join(0, 0x53, 0x77, value)
    case 'descriptor':
      return join(0, value, 0x40)
  }
}

/** Each gives one value. */
const MAKERS: readonly ((random: Random) => Buffer)[] = [
  (random) => join(random.pick([0x40, 0x41, 0x42, 0x43, 0x44, 0x45])),
  someUint,
  someUint,
  (random) => join(random.pick([0x50, 0x51, 0x53, 0x54, 0x55, 0x56]), random.pick([0, 1, 2, 127, 128, 255])),
  (random) => join(random.pick([0x60, 0x61]), random.bytes(2)),
  (random) =>
    join(
      random.pick([0x80, 0x81, 0x82, 0x83, 0x84]),
      random.pick([Buffer.alloc(8), Buffer.alloc(8, 0xff), random.bytes(8)]),
    ),
  (random) => join(0x73, random.pick([uint32(0xd800), uint32(0x110000), uint32(65), uint32(0xffff_ffff)])),
  // Text: empty, not UTF-8, not ASCII, long, with control characters.
  (random) => join(random.pick([0xa0, 0xa1, 0xa3]), 0),
  () => join(0xa1, 4, [0xed, 0xa0, 0x80, 0xff]),
  (random) => join(random.pick([0xa1, 0xa3]), 3, Buffer.from('\u001b[2')),
  () => join(0xa3, 2, Buffer.from('\u00fc')),
  (random) => text(random.pick([0xb0, 0xb1, 0xb3]), random.pick([300, 600, 5000])),
  (random) => join(random.pick([0xb0, 0xb1, 0xb3]), uint32(random.pick(EDGES)), Buffer.from('short')),
  // Compounds whose counts and sizes lie.
  (random) => join(random.pick([0xc0, 0xc1, 0xe0]), random.pick([0, 1, 2, 255]), random.pick([0, 1, 2, 3, 255])),
  (random) => join(random.pick([0xd0, 0xd1, 0xf0]), uint32(random.pick(EDGES)), uint32(random.pick(EDGES))),
  (random) => join(random.pick([0xd0, 0xd1]), uint32(8), uint32(random.pick(EDGES)), [0x40, 0x40, 0x40, 0x40]),
  // Elements without bytes: the count costs nothing.
  (random) =>
    join(
      0xf0,
      uint32(5),
      uint32(random.pick([65_535, 65_536, 65_537, 0x7fff_ffff, 0xffff_ffff])),
      random.pick([0x40, 0x41, 0x43, 0x45]),
    ),
  (random) =>
    join(
      0xf0,
      uint32(9),
      uint32(random.pick(EDGES)),
      random.pick([0x52, 0x70, 0xa1, 0xb0, 0xd0, 0xf0]),
      uint32(random.pick(EDGES)),
    ),
  (random) => join(0xd1, uint32(6), uint32(random.pick([1, 2, 3])), [0x40, 0x40]),
  // Keys that are maps, keys that come twice.
  () => join(0xc1, 9, 4, [0xa3, 1, 0x78, 0x41, 0xa3, 1, 0x78, 0x42]),
  () => join(0xc1, 5, 2, [0xc1, 1, 0, 0x40]),
  (random) => join(0, random.pick([0x53, 0x80, 0xa3, 0x40, 0]), random.bytes(random.below(12))),
  (random) =>
    join(
      0,
      0x53,
      random.pick([0x10, 0x14, 0x1d, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x30]),
      random.pick([0x45, 0x40]),
    ),
  (random) => nested(random, random.pick([1, 2, 30, 31, 32, 33, 34, 200, 1500])),
  (random) => random.bytes(random.below(20)),
]

export const hostileValue = (random: Random): Buffer => random.pick(MAKERS)(random)

function text(code: number, length: number): Buffer {
  return join(code, uint32(length), Buffer.alloc(length, 'a'))
}

// What is done to a recorded stream so that it becomes a lie. A stream is a row of units (protocol headers and frames), each with
// the step of the conversation at which it is sent.

import { openFrame, sealFrame } from './frame-surgery.ts'
import { EDGES, hostileValue, someUint } from './hostile-values.ts'
import type { Random } from './random.ts'
import { isHeader } from './wire-units.ts'

export interface Unit {
  readonly step: number
  readonly bytes: Buffer
}

const HEAD_SIZE = 8

type Mutation = (units: Unit[], random: Random, foreign: readonly Buffer[]) => void

/** One to four lies. `foreign`: frames of other conversations. The units given are not changed. */
export function mutated(units: readonly Unit[], random: Random, foreign: readonly Buffer[]): Unit[] {
  const result = units.map(({ step, bytes }) => ({ step, bytes: Buffer.from(bytes) }))
  for (let n = random.pick([1, 1, 1, 2, 2, 3, 4]); n > 0 && result.length > 0; n--)
    random.pick(MUTATIONS)(result, random, foreign)
  return result
}

/** Changes the bytes of one unit; frames are chosen more often than protocol headers. */
const bytewise =
  (change: (bytes: Buffer, random: Random) => Buffer): Mutation =>
  (units, random) => {
    let at = random.below(units.length)
    if (isHeader(units[at]!.bytes) && random.chance(0.8)) at = random.below(units.length)
    const { step, bytes } = units[at]!
    if (bytes.length > HEAD_SIZE || isHeader(bytes)) units[at] = { step, bytes: change(bytes, random) }
  }

const CONSTRUCTORS = [
  0x00, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x60, 0x61, 0x70, 0x71, 0x72,
  0x73, 0x74, 0x80, 0x81, 0x82, 0x83, 0x84, 0x94, 0x98, 0xa0, 0xa1, 0xa3, 0xb0, 0xb1, 0xb3, 0xc0, 0xc1, 0xd0, 0xd1,
  0xe0, 0xf0,
]
const COMPOUNDS = new Set([0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xf0])
const BYTES = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, ...CONSTRUCTORS]

function flip(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length)
  bytes[at] = bytes[at]! ^ (1 << random.below(8))
  return bytes
}

function overwrite(bytes: Buffer, random: Random): Buffer {
  bytes[random.below(bytes.length)] = random.pick(BYTES)
  return bytes
}

/** A word of two or four bytes. */
function overwriteWord(bytes: Buffer, random: Random): Buffer {
  const width = random.pick([2, 4])
  if (bytes.length < width) return bytes
  const value = random.chance(0.3) ? bytes.length + random.between(-2, 2) : random.pick(EDGES)
  bytes.writeUIntBE(value % 2 ** (8 * width), random.below(bytes.length - width + 1), width)
  return bytes
}

function truncate(bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, random.below(bytes.length))
}

/** The frame's own size stays right: what is missing is missing inside. */
function shorten(bytes: Buffer, random: Random): Buffer {
  if (isHeader(bytes)) return bytes
  const shorter = bytes.subarray(0, random.between(HEAD_SIZE, bytes.length - 1))
  shorter.writeUInt32BE(shorter.length)
  return shorter
}

function lieAboutSize(bytes: Buffer, random: Random): Buffer {
  if (isHeader(bytes)) return bytes
  if (random.chance(0.3)) bytes[4] = random.pick([0, 1, 3, 4, 255])
  else bytes.writeUInt32BE(random.chance(0.5) ? Math.max(0, bytes.length + random.between(-9, 9)) : random.pick(EDGES))
  return bytes
}

function swapConstructor(bytes: Buffer, random: Random): Buffer {
  return replaceOne(
    bytes,
    random,
    (byte) => CONSTRUCTORS.includes(byte),
    () => [random.pick(CONSTRUCTORS)],
  )
}

/** Size or count of a list, map or array. */
function lieAboutCount(bytes: Buffer, random: Random): Buffer {
  return replaceOne(
    bytes,
    random,
    (byte) => COMPOUNDS.has(byte),
    (code) => {
      const lie = random.pick([0, 1, 2, 3, 0x7f, 0x80, 0xff])
      return code >= 0xd0 && code !== 0xe0 ? [code, lie & 0x80, 0, 0, lie] : [code, lie, random.pick([0, 1, 2, 255])]
    },
  )
}

function replaceOne(
  bytes: Buffer,
  random: Random,
  wanted: (byte: number) => boolean,
  by: (byte: number) => number[],
): Buffer {
  const places = [...bytes.keys()].filter((at) => at >= HEAD_SIZE && wanted(bytes[at]!))
  if (places.length === 0) return bytes
  const at = random.pick(places)
  bytes.set(by(bytes[at]!).slice(0, bytes.length - at), at)
  return bytes
}

function changeChannel(bytes: Buffer, random: Random): Buffer {
  if (!isHeader(bytes))
    bytes.writeUInt16BE(random.chance(0.7) ? random.below(4) : random.pick([7, 255, 256, 32_767, 65_535]), 6)
  return bytes
}

/** With a size and a count that fit: the lie is in a field. */
function operate(bytes: Buffer, random: Random): Buffer {
  const frame = isHeader(bytes) ? undefined : openFrame(bytes)
  if (!frame) return bytes
  const fields = [...frame.fields]
  const at = random.below(fields.length + 1)
  switch (random.below(6)) {
    case 0:
      fields.splice(at, 1)
      break
    case 1:
      fields.splice(at, 0, hostileValue(random))
      break
    case 2:
      fields[at] = someUint(random)
      break
    case 3:
      if (fields.length > 0) fields[at] = fields[random.below(fields.length)]!
      break
    default:
      fields[at] = hostileValue(random)
  }
  // A hole would be no value at all.
  for (let n = 0; n < fields.length; n++) fields[n] ??= Buffer.of(0x40)
  const descriptor = random.chance(0.05) ? Buffer.of(0, 0x53, random.between(0x10, 0x18)) : frame.descriptor
  const payload = random.chance(0.1) ? hostileValue(random) : frame.payload
  return sealFrame({ ...frame, descriptor, fields, payload })
}

const NUMBERS = new Set([0x43, 0x52, 0x70])
const FLAGS = new Set([0x40, 0x41, 0x42])

/** Another number where a number is, another flag where a flag is: it can be decoded, and is wrong. */
function tweak(bytes: Buffer, random: Random): Buffer {
  const frame = isHeader(bytes) ? undefined : openFrame(bytes)
  if (!frame) return bytes
  const fields = [...frame.fields]
  const places = [...fields.keys()].filter((at) => NUMBERS.has(fields[at]![0]!) || FLAGS.has(fields[at]![0]!))
  if (places.length === 0) return bytes
  const at = random.pick(places)
  fields[at] = NUMBERS.has(fields[at]![0]!) ? someUint(random) : Buffer.of(random.pick([0x40, 0x41, 0x42]))
  return sealFrame({ ...frame, fields })
}

const remove: Mutation = (units, random) => void units.splice(random.below(units.length), random.pick([1, 1, 1, 2, 5]))

const repeat: Mutation = (units, random) => {
  const at = random.below(units.length)
  const copies = Array.from({ length: random.pick([1, 1, 2, 20]) }, () => ({
    ...units[at]!,
    bytes: Buffer.from(units[at]!.bytes),
  }))
  units.splice(at, 0, ...copies)
}

const swap: Mutation = (units, random) => {
  const [from, to] = [random.below(units.length), random.below(units.length)]
  const [a, b] = [units[from]!, units[to]!]
  units[from] = { step: a.step, bytes: b.bytes }
  units[to] = { step: b.step, bytes: a.bytes }
}

const cutOff: Mutation = (units, random) => void units.splice(1 + random.below(units.length))

/** Frames that were said elsewhere, in the middle or until the end. */
const splice: Mutation = (units, random, foreign) => {
  const at = random.below(units.length)
  const from = random.below(foreign.length)
  const step = units[at]!.step
  const strange = foreign
    .slice(from, from + random.pick([1, 1, 2, 5, 20]))
    .map((bytes) => ({ step, bytes: Buffer.from(bytes) }))
  units.splice(at, random.chance(0.3) ? units.length : random.below(2), ...strange)
}

/** All in one piece: nobody waits for an answer. */
const hurry: Mutation = (units) => {
  for (const [at, { bytes }] of units.entries()) units[at] = { step: 0, bytes }
}

const MUTATIONS: readonly Mutation[] = [
  ...[
    flip,
    overwrite,
    overwriteWord,
    truncate,
    shorten,
    lieAboutSize,
    swapConstructor,
    lieAboutCount,
    changeChannel,
  ].map(bytewise),
  ...Array.from({ length: 5 }, () => bytewise(operate)),
  ...Array.from({ length: 7 }, () => bytewise(tweak)),
  remove,
  repeat,
  swap,
  cutOff,
  splice,
  splice,
  hurry,
]

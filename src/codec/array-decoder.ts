import type { Decoder } from './decoder.ts'
import * as format from './format-codes.ts'
import { AmqpArray, type AmqpType, type AmqpValue } from './types.ts'
import { decodeContent, decodeValue } from './value-decoder.ts'

const WHAT = 'array'

/** Reads an array behind its constructor. `width`: bytes of size and count. */
export function decodeArray(d: Decoder, width: 1 | 4, depth: number): AmqpArray {
  const count = d.beginCompound(width, WHAT)
  const end = d.compoundEnd
  let descriptor: AmqpValue
  let code = d.readCode(WHAT)
  if (code === format.DESCRIBED) {
    descriptor = decodeValue(d, depth + 1)
    code = d.readCode(WHAT)
  }
  const type = format.typeName(code)
  // The grammar would let descriptors pile up here; no peer does that, and an AmqpArray holds one.
  if (type === undefined || code === format.DESCRIBED) throw d.wrongType('the type of the elements', code, WHAT)
  checkCount(d, code, count, end)
  const values: AmqpValue[] = []
  for (let i = 0; i < count; i++) values.push(decodeContent(d, code, depth + 1))
  d.endCompound(end, WHAT)
  return new AmqpArray(type as AmqpType, values, descriptor)
}

/** Before anything is allocated for the elements. */
function checkCount(d: Decoder, code: number, count: number, end: number): void {
  const width = format.widthOf(code)
  if (width === 0) {
    d.zeroWidthLeft -= count
    if (d.zeroWidthLeft >= 0) return
    throw d.fail(`${WHAT}: more than ${d.limits.maxZeroWidthElements} elements without bytes`)
  }
  if (count * Math.abs(width) > end - d.position) throw d.fail(`${WHAT}: ${count} elements in fewer bytes`)
}

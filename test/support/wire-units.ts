// A stream of AMQP bytes cut into its units: protocol headers and frames. Without the codec's own FrameReader, so that what one
// end wrote is judged by other code than it was written with.

const HEADER_SIZE = 8
const AMQP = Buffer.from('AMQP')

/** Protocol headers begin with "AMQP": as the size of a frame that would be more than a gigabyte. */
export const isHeader = (unit: Buffer): boolean => unit.subarray(0, 4).equals(AMQP)

/** Takes whole units from the front of `bytes`; the rest is what of the next one is there. Throws when a size cannot be. */
export function cutUnits(bytes: Buffer): { units: Buffer[]; rest: Buffer } {
  const units: Buffer[] = []
  let at = 0
  while (bytes.length - at >= HEADER_SIZE) {
    const size = isHeader(bytes.subarray(at)) ? HEADER_SIZE : bytes.readUInt32BE(at)
    if (size < HEADER_SIZE) throw new Error(`a frame of ${size} bytes at byte ${at}`)
    if (size > bytes.length - at) break
    units.push(bytes.subarray(at, at + size))
    at += size
  }
  return { units, rest: bytes.subarray(at) }
}

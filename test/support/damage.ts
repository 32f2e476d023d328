// Random damage to bytes that were right: the same in every run.

/** The bytes with one to three pieces of damage, behind the first `whole` ones. */
export function mutated(bytes: Buffer, random: () => number, whole = 0): Buffer {
  const copy = Buffer.from(bytes)
  const at = (): number => whole + Math.floor(random() * (copy.length - whole))
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const from = at()
    switch (Math.floor(random() * 5)) {
      case 0:
        copy[from] = Math.floor(random() * 256)
        break
      case 1:
        copy[from] = copy[from]! ^ (1 << Math.floor(random() * 8))
        break
      case 2:
        return copy.subarray(0, from)
      case 3:
        return Buffer.concat([copy.subarray(0, from), copy.subarray(from + 1 + Math.floor(random() * 8))])
      default:
        return Buffer.concat([copy.subarray(0, from), copy.subarray(at())])
    }
  }
  return copy
}

/** Numbers that look random and are the same in every run. */
export function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

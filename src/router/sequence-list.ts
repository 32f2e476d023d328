/** What has a place in an order: the lower number is first. */
export interface Sequenced {
  readonly sequence: number
}

/** Entries of a chunk before it is cut in two: moving them is cheaper than a tree would be. */
const MAX_CHUNK = 512

/**
 * Entries in the order of their numbers, however they come. Adding at the end and taking from the front, which is what a queue
 * does nearly always, cost next to nothing; anything else a binary search and moving a few hundred references.
 */
export class SequenceList<T extends Sequenced> {
  /** Each in order, each before the next, none of them empty. */
  readonly #chunks: T[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): T | undefined {
    return this.#chunks[0]?.[0]
  }

  get last(): T | undefined {
    return this.#chunks.at(-1)?.at(-1)
  }

  /** Its number must not be in the list. */
  add(entry: T): void {
    this.#size += 1
    const end = this.#chunks.at(-1)
    if (!end) {
      this.#chunks.push([entry])
    } else if ((end[end.length - 1] as T).sequence < entry.sequence) {
      if (end.length < MAX_CHUNK) end.push(entry)
      else this.#chunks.push([entry])
    } else {
      this.#insert(entry)
    }
  }

  /** False: it is not in the list. */
  remove(entry: T): boolean {
    const at = this.#chunkOf(entry.sequence)
    const chunk = this.#chunks[at]
    if (!chunk) return false
    const index = chunk[0] === entry ? 0 : indexIn(chunk, entry.sequence)
    if (chunk[index] !== entry) return false
    this.#size -= 1
    if (chunk.length === 1) this.#removeChunk(at)
    else if (index === 0) chunk.shift()
    else chunk.splice(index, 1)
    return true
  }

  /** The first one with a higher number. */
  after(sequence: number): T | undefined {
    const { first } = this
    if (!first || first.sequence > sequence) return first
    const chunk = this.#chunks[this.#chunkOf(sequence + 1)]
    return chunk?.[indexIn(chunk, sequence + 1)]
  }

  #insert(entry: T): void {
    const at = this.#chunkOf(entry.sequence)
    const chunk = this.#chunks[at] as T[]
    chunk.splice(indexIn(chunk, entry.sequence), 0, entry)
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MAX_CHUNK / 2))
  }

  #removeChunk(at: number): void {
    if (at === 0) this.#chunks.shift()
    else this.#chunks.splice(at, 1)
  }

  /** The first chunk whose last number is not below this one; the number of chunks if there is none. */
  #chunkOf(sequence: number): number {
    const chunks = this.#chunks
    let low = 0
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (((chunks[middle] as T[]).at(-1) as T).sequence < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The first place in a chunk whose number is not below this one. */
function indexIn(chunk: readonly Sequenced[], sequence: number): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((chunk[middle] as Sequenced).sequence < sequence) low = middle + 1
    else high = middle
  }
  return low
}

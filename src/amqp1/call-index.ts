// The calls that are awaited, found by message-id.
//
// No Map: of one whose entries come and go V8 makes a new table again and again, and each old table refers to the next and to what
// it held. Once one of them is old enough to be spared by the quick collections, all calls after it are: until the next full
// collection, and copied on the way there. A seventh of a busy client's time went into that. Here each call carries its own link.

export interface IndexedCall<T> {
  indexedAs: string | undefined
  indexedNext: T | undefined
}

const FIRST_CAPACITY = 64
/** Characters of an id that decide on its place: ids are random (message-id.ts), so few do. */
const HASHED = 8

export class CallIndex<T extends IndexedCall<T>> {
  /** The first of the calls that share a place. A power of two of places, as many as there were calls at once. */
  #places = new Array<T | undefined>(FIRST_CAPACITY).fill(undefined)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The id must not be in use, and the call in no index. */
  add(id: string, call: T): void {
    if (this.#size === this.#places.length) this.#grow()
    call.indexedAs = id
    this.#put(call, id)
    this.#size += 1
  }

  /** `id`: what a peer says; any text. */
  get(id: string): T | undefined {
    let call = this.#places[placeOf(id, this.#places.length)]
    while (call && call.indexedAs !== id) call = call.indexedNext
    return call
  }

  /** Idempotent. */
  delete(id: string): void {
    const place = placeOf(id, this.#places.length)
    let before: T | undefined
    let call = this.#places[place]
    while (call && call.indexedAs !== id) {
      before = call
      call = call.indexedNext
    }
    if (!call) return
    if (before) before.indexedNext = call.indexedNext
    else this.#places[place] = call.indexedNext
    call.indexedAs = call.indexedNext = undefined
    this.#size -= 1
  }

  /** All of them, in no order: a copy, since they leave while they are told something. */
  all(): T[] {
    const calls: T[] = []
    for (const first of this.#places) for (let call = first; call; call = call.indexedNext) calls.push(call)
    return calls
  }

  #put(call: T, id: string): void {
    const place = placeOf(id, this.#places.length)
    call.indexedNext = this.#places[place]
    this.#places[place] = call
  }

  #grow(): void {
    const calls = this.all()
    this.#places = new Array<T | undefined>(this.#places.length * 2).fill(undefined)
    for (const call of calls) this.#put(call, call.indexedAs as string)
  }
}

function placeOf(id: string, places: number): number {
  const length = Math.min(id.length, HASHED)
  let hash = 0
  for (let i = 0; i < length; i++) hash = (hash * 31 + id.charCodeAt(i)) | 0
  return hash & (places - 1)
}

// What is unsettled in one direction of a session, found by its delivery-id.
//
// Delivery-ids are serial numbers given one after the other, and most deliveries are settled soon: so an array indexed by the
// low bits of the id does, and costs neither a hash nor garbage per message. Whoever is still unsettled when its place is needed
// again (a slow handler, while thousands pass) moves to a map.

const FIRST_CAPACITY = 64
const MAX_CAPACITY = 8_192

export class DeliveryIndex<T extends object> {
  /** Powers of two; empty until there is something to hold: most sessions have one busy direction. */
  #slots: (T | undefined)[] = []
  #ids = new Uint32Array(0)
  #moved: Map<number, T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: number): T | undefined {
    const slot = id & (this.#slots.length - 1)
    const found = this.#slots[slot]
    return found !== undefined && this.#ids[slot] === id ? found : this.#moved?.get(id)
  }

  /** The id must not be in use. */
  set(id: number, item: T): void {
    if (this.#slots.length === 0) this.#resize(FIRST_CAPACITY)
    let slot = id & (this.#slots.length - 1)
    if (this.#slots[slot] !== undefined && this.#slots.length < MAX_CAPACITY && this.#size > this.#slots.length / 2) {
      this.#resize(this.#slots.length * 2)
      slot = id & (this.#slots.length - 1)
    }
    const older = this.#slots[slot]
    if (older !== undefined) this.#move(this.#ids[slot] as number, older)
    this.#slots[slot] = item
    this.#ids[slot] = id
    this.#size += 1
  }

  /** False: there is none of this id. */
  delete(id: number): boolean {
    const slot = id & (this.#slots.length - 1)
    if (this.#slots[slot] !== undefined && this.#ids[slot] === id) this.#slots[slot] = undefined
    else if (!this.#moved?.delete(id)) return false
    this.#size -= 1
    return true
  }

  /** All ids, in no order: a copy, so that what is found may be deleted meanwhile. */
  ids(): number[] {
    const ids = [...(this.#moved?.keys() ?? [])]
    for (const [slot, item] of this.#slots.entries()) if (item !== undefined) ids.push(this.#ids[slot] as number)
    return ids
  }

  clear(): void {
    this.#slots = []
    this.#ids = new Uint32Array(0)
    this.#moved = undefined
    this.#size = 0
  }

  #move(id: number, item: T): void {
    this.#moved ??= new Map()
    this.#moved.set(id, item)
  }

  #resize(capacity: number): void {
    const slots = this.#slots
    const ids = this.#ids
    this.#slots = new Array<T | undefined>(capacity).fill(undefined)
    this.#ids = new Uint32Array(capacity)
    for (const [from, item] of slots.entries()) {
      if (item === undefined) continue
      const id = ids[from] as number
      const slot = id & (capacity - 1) // twice the places: no two that had one each come to share one
      this.#slots[slot] = item
      this.#ids[slot] = id
    }
  }
}

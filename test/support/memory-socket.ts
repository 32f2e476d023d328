import { Duplex } from 'node:stream'

/**
 * A socket without a network: what the connection writes goes to `onWritten`, what it reads is fed. As quick as the engine, and
 * the same in every run.
 */
export class MemorySocket extends Duplex {
  readonly #onWritten: (chunk: Buffer) => void
  #held: (() => void) | undefined
  #holding = false

  constructor(onWritten: (chunk: Buffer) => void) {
    super()
    this.#onWritten = onWritten
  }

  /** Comes from the other end. */
  feed(bytes: Uint8Array): void {
    if (!this.destroyed && !this.readableEnded) this.push(bytes)
  }

  /** The other end sends nothing more. */
  feedEnd(): void {
    if (!this.destroyed) this.push(null)
  }

  /** The other end stops reading: what is written from now on waits. */
  hold(): void {
    this.#holding = true
  }

  /** It reads again. */
  release(): void {
    this.#holding = false
    const held = this.#held
    this.#held = undefined
    held?.()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#onWritten(chunk)
    if (this.#holding) this.#held = done
    else done()
  }
}

/** Two sockets that read what the other writes, each in a later turn of the event loop. */
export function memoryPair(): readonly [MemorySocket, MemorySocket] {
  const pass = (to: () => MemorySocket) => (chunk: Buffer) => void setImmediate(() => to().feed(chunk))
  const left: MemorySocket = new MemorySocket(pass(() => right))
  const right: MemorySocket = new MemorySocket(pass(() => left))
  left.once('finish', () => setImmediate(() => right.feedEnd()))
  right.once('finish', () => setImmediate(() => left.feedEnd()))
  left.once('close', () => setImmediate(() => right.feedEnd()))
  right.once('close', () => setImmediate(() => left.feedEnd()))
  return [left, right]
}

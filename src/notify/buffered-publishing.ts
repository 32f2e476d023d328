// Publishing without waiting: notifications wait in a bounded buffer, in order, and go out with so many at a time.

import { DriverClosedError, InvalidArgumentError } from '../messaging/errors.ts'
import { decodeJson, encodeJson, type JsonObject } from '../messaging/json.ts'
import { checkNames, positiveInteger } from '../messaging/options.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import { addAbortListener } from '../support/abort-listener.ts'
import { startDeadline } from '../support/deadline.ts'
import { describeValue } from '../support/describe-value.ts'
import { Fifo, type FifoEntry } from '../support/fifo.ts'
import { NotificationBufferFullError } from './errors.ts'
import { type Publication, Publishing } from './publishing.ts'
import type { FailureReport } from './unpublished.ts'

/** How long is waited for publishers of the application that do not listen to their signal. */
const ABANDONED_MS = 1_000

const WHEN_FULL = ['block', 'fail', 'drop oldest'] as const

/** What happens to a notification for which the buffer has no place. */
export type WhenFull = (typeof WHEN_FULL)[number]

export interface BufferOptions {
  /** How many notifications it holds, those that are on their way included. Default 10 000. */
  readonly size?: number | undefined
  /** How many are on their way at a time; the others wait. Default 64. */
  readonly concurrency?: number | undefined
  /**
   * `block` (default): the caller waits for a place, as long as a notification may take (`timeoutMs`, 30 000 when nothing says
   * otherwise), and as many callers as there are places. `fail`: its promise rejects with NotificationBufferFullError. `drop oldest`:
   * the one that has waited longest gives way, is counted and reported; while none waits, what came is dropped itself.
   */
  readonly whenFull?: WhenFull | undefined
}

export const BUFFER_DEFAULTS = Object.freeze({ size: 10_000, concurrency: 64, blockMs: 30_000 })

const NAMES: ReadonlySet<string> = new Set<keyof BufferOptions>(['size', 'concurrency', 'whenFull'])

/** One that waits to go out. The text, not the application's objects: these may change meanwhile. */
class Entry implements FifoEntry<Entry> {
  fifoPrevious: Entry | undefined = undefined
  fifoNext: Entry | undefined = undefined
  fifo: object | undefined = undefined
  readonly publication: Publication
  readonly text: string

  constructor(publication: Publication) {
    this.publication = publication
    const { context, message } = publication
    this.text = encodeJson({ context, message })
  }
}

/** A caller that waits for a place. */
class Blocked implements FifoEntry<Blocked> {
  fifoPrevious: Blocked | undefined = undefined
  fifoNext: Blocked | undefined = undefined
  fifo: object | undefined = undefined
  readonly entry: Entry
  readonly settle: (error?: unknown) => void

  constructor(entry: Entry, settle: (error?: unknown) => void) {
    this.entry = entry
    this.settle = settle
  }
}

export class BufferedPublishing extends Publishing {
  readonly #size: number
  readonly #concurrency: number
  readonly #whenFull: WhenFull
  readonly #failures: FailureReport
  readonly #waiting = new Fifo<Entry>()
  readonly #blocked = new Fifo<Blocked>()
  /** Aborted when the time to flush is over. */
  readonly #abandonment = new AbortController()
  #running = 0

  /** Throws InvalidArgumentError for options that cannot be. */
  constructor(options: BufferOptions, failures: FailureReport) {
    super()
    checkNames('options of buffer', options, NAMES)
    const { whenFull = 'block' } = options
    if (!WHEN_FULL.includes(whenFull))
      throw new InvalidArgumentError(
        `buffer.whenFull: expected 'block', 'fail' or 'drop oldest', not ${describeValue(whenFull)}`,
      )
    this.#size = positiveInteger('buffer.size', options.size, BUFFER_DEFAULTS.size)
    this.#concurrency = positiveInteger('buffer.concurrency', options.concurrency, BUFFER_DEFAULTS.concurrency)
    this.#whenFull = whenFull
    this.#failures = failures
  }

  /** Resolves when it has a place in the buffer. Rejects with NotificationBufferFullError, TypeError (JSON cannot express it), DriverClosedError (closed while it waited), the abort reason. */
  protected override async begin(publication: Publication): Promise<void> {
    publication.signal?.throwIfAborted()
    const entry = new Entry(publication)
    if (this.pending < this.#size) return this.#take(entry)
    switch (this.#whenFull) {
      case 'block':
        return await this.#block(entry)
      case 'fail':
        this.#refused()
        throw new NotificationBufferFullError(this.#size, 'it is full')
      case 'drop oldest':
        return this.#dropOldest(entry)
    }
  }

  protected override async flush(flushTimeoutMs: number): Promise<void> {
    for (const blocked of this.#blocked.takeAll()) {
      this.failed += 1
      blocked.settle(
        new DriverClosedError('the notifier was closed while a notification waited for a place in its buffer'),
      )
    }
    await super.flush(flushTimeoutMs)
    if (this.pending === 0) return
    const because = `the notifier was closed, and its buffer was not empty within ${flushTimeoutMs} ms`
    const waiting = new DriverClosedError(because)
    for (const entry of this.#waiting.takeAll()) this.#giveUp(entry, waiting)
    this.#abandonment.abort(new DriverClosedError(because, { inDoubt: true }))
    await super.flush(ABANDONED_MS)
  }

  #take(entry: Entry): void {
    this.pending += 1
    if (this.#running < this.#concurrency) void this.#run(entry)
    else this.#waiting.push(entry)
  }

  /** Never rejects. */
  async #run(first: Entry): Promise<void> {
    this.#running += 1
    for (let entry: Entry | undefined = first; entry; entry = this.#waiting.shift()) await this.#send(entry)
    this.#running -= 1
  }

  async #send({ publication, text }: Entry): Promise<void> {
    try {
      const { context, message } = decodeJson(text) as { context: SerializedContext; message: JsonObject }
      await publication.send(context, message, this.#abandonment.signal)
      this.published += 1
    } catch (error) {
      this.failed += 1
      this.#failures.failed(error, publication.facts)
    }
    this.#leave()
  }

  /** There is a place again. */
  #leave(): void {
    const next = this.#blocked.shift()
    if (next) {
      this.#take(next.entry)
      next.settle()
    }
    this.ended()
  }

  #giveUp({ publication }: Entry, error: unknown): void {
    this.failed += 1
    this.#failures.failed(error, publication.facts)
    this.#leave()
  }

  #refused(): void {
    this.failed += 1
    this.dropped += 1
  }

  #dropOldest(entry: Entry): void {
    const oldest = this.#waiting.shift() ?? entry
    this.#refused()
    if (oldest !== entry) this.#waiting.push(entry)
    const error = new NotificationBufferFullError(this.#size, 'the oldest one that waited was dropped')
    // Not from here: who publishes again upon that would come back here.
    queueMicrotask(() => this.#failures.failed(error, oldest.publication.facts))
  }

  async #block(entry: Entry): Promise<void> {
    const { signal, timeoutMs = BUFFER_DEFAULTS.blockMs } = entry.publication
    if (this.#blocked.size >= this.#size) {
      this.#refused()
      throw new NotificationBufferFullError(this.#size, 'it is full, and as many callers wait already')
    }
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown): void => {
        deadline.cancel()
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const leave = (error: unknown): void => {
        if (!this.#blocked.remove(blocked)) return
        this.failed += 1
        settle(error)
      }
      const onAbort = (): void => leave(signal?.reason)
      const deadline = startDeadline(timeoutMs, () => {
        this.dropped += 1
        leave(new NotificationBufferFullError(this.#size, `it had no place within ${timeoutMs} ms`))
      })
      const blocked = new Blocked(entry, settle)
      this.#blocked.push(blocked)
      if (signal) addAbortListener(signal, onAbort)
    })
  }
}

// A password from whoever runs the command: typed without being shown, or as one line from another program. It is never an argument,
// which others on the machine can read.

import { UsageError } from './exit-codes.ts'
import { InterruptedError } from './signals.ts'

/** What is needed of a stream: process.stdin has it. */
export interface InputStream {
  readonly isTTY?: boolean | undefined
  setEncoding(encoding: 'utf8'): unknown
  setRawMode?(raw: boolean): unknown
  on(event: 'data', listener: (text: string) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'data', listener: (text: string) => void): unknown
  off(event: 'end', listener: () => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** More than any password; whatever else comes in is not read to its end. */
const MAX_LENGTH = 4_096

const ERASE = ['\u007f', '\b']
const ERASE_ALL = '\u0015'
const INTERRUPT = '\u0003'
const END_OF_INPUT = '\u0004'

/**
 * Asks twice on a terminal; else reads one line and asks nothing. `say`: shows a person what is wanted. Throws UsageError when the
 * two differ or nothing comes, InterruptedError when it is told to stop.
 */
export async function readPassword(
  input: InputStream,
  user: string,
  say: (text: string) => void,
  stop: AbortSignal,
): Promise<string> {
  const lines = new Lines(input, stop)
  try {
    if (!input.isTTY) return await lines.next()
    say(`password for ${user} (it is not shown):`)
    const password = await lines.next()
    say('the same again:')
    if ((await lines.next()) !== password) throw new UsageError('error: the two passwords differ; nothing was changed')
    return password
  } finally {
    lines.close()
  }
}

/** The lines of the input, as they are asked for. */
class Lines {
  readonly #input: InputStream
  readonly #stop: AbortSignal
  readonly #onData = (text: string): void => this.#take(text)
  readonly #onEnd = (): void => this.#end()
  readonly #onError = (error: Error): void => this.#fail(error)
  readonly #onStop = (): void => this.#fail(new InterruptedError('stopped before there was a password'))
  readonly #complete: string[] = []
  #line = ''
  #failure: Error | undefined
  #ended = false
  #waiting: (() => void) | undefined

  constructor(input: InputStream, stop: AbortSignal) {
    this.#input = input
    this.#stop = stop
    input.setEncoding('utf8')
    input.on('data', this.#onData)
    input.on('end', this.#onEnd)
    input.on('error', this.#onError)
    stop.addEventListener('abort', this.#onStop)
    if (stop.aborted) this.#onStop()
    if (input.isTTY) input.setRawMode?.(true)
    input.resume()
  }

  async next(): Promise<string> {
    while (true) {
      if (this.#failure) throw this.#failure
      const line = this.#complete.shift()
      if (line !== undefined) return line
      if (this.#ended) return this.#last()
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  close(): void {
    const input = this.#input
    if (input.isTTY) input.setRawMode?.(false)
    input.off('data', this.#onData)
    input.off('end', this.#onEnd)
    input.off('error', this.#onError)
    this.#stop.removeEventListener('abort', this.#onStop)
    input.pause()
  }

  #take(text: string): void {
    for (const character of text) {
      if (this.#input.isTTY) this.#type(character)
      // One line is asked for there.
      else if (this.#complete.length === 0) this.#add(character)
    }
    this.#wake()
  }

  /** A terminal in raw mode leaves its editing to us. */
  #type(character: string): void {
    if (character === INTERRUPT) this.#onStop()
    else if (character === END_OF_INPUT) this.#ended = true
    else if (character === ERASE_ALL) this.#line = ''
    else if (ERASE.includes(character)) this.#line = [...this.#line].slice(0, -1).join('')
    else this.#add(character === '\r' ? '\n' : character)
  }

  #add(character: string): void {
    if (this.#line.length > MAX_LENGTH) {
      this.#failure ??= new UsageError(`error: expected a password of at most ${MAX_LENGTH} characters`)
      return
    }
    if (character !== '\n') {
      this.#line += character
      return
    }
    this.#complete.push(this.#line.replace(/\r$/, ''))
    this.#line = ''
  }

  /** A last line may lack its end. */
  #last(): string {
    if (this.#line === '') throw new UsageError('error: expected a password on a line of stdin, found nothing')
    const line = this.#line
    this.#line = ''
    return line
  }

  #end(): void {
    this.#ended = true
    this.#wake()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }

  #wake(): void {
    this.#waiting?.()
    this.#waiting = undefined
  }
}

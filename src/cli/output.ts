// Results go to stdout, one JSON line each; everything else goes to stderr. Nothing else in the command writes anywhere.

import { encodeJson } from '../messaging/json.ts'
import { describeError } from './describe-error.ts'
import { printable, withoutCredentials } from './printable.ts'

/** What the output needs of a stream: process.stdout and process.stderr have it. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined
  /** Of a terminal. */
  readonly columns?: number | undefined
  write(text: string, written?: (error?: Error | null) => void): unknown
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

export interface Streams {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Here stands what was typed, even a password with signs in it that belong escaped. An `@` before a blank is one that a
 * message speaks of.
 */
const typed = (line: string): string => printable(line.replace(/:\/\/.*@(?=\S)/g, '://***@'))

export class Output {
  /** Stdout is a terminal: a person reads it. */
  readonly interactive: boolean
  /** Stdout is a terminal that shows colours, and nobody asked for none (NO_COLOR). */
  readonly colour: boolean
  readonly #stdout: OutputStream
  readonly #stderr: OutputStream

  #lost = false

  /** `onLost` is called once, when stdout takes no more: EPIPE after `omsg listen | head -1`, ENOSPC on a full disk. */
  constructor(streams: Streams, onLost: (error: NodeJS.ErrnoException) => void = () => {}) {
    this.#stdout = streams.stdout
    this.#stderr = streams.stderr
    this.interactive = streams.stdout.isTTY === true
    this.colour = this.interactive && !streams.env.NO_COLOR && streams.env.TERM !== 'dumb'
    this.#stdout.on('error', (error) => {
      if (this.#lost) return
      this.#lost = true
      onLost(error)
    })
    // When stderr is gone there is nowhere left to say so.
    this.#stderr.on('error', () => {})
  }

  /** How wide the terminal is now; 80 where it does not say. */
  get columns(): number {
    return this.#stdout.columns || 80
  }

  /** A result: one JSON line on stdout, every integer exact, no control character unescaped. */
  result(value: unknown): void {
    this.line(encodeJson(value))
  }

  /** A line on stdout as it is: `READY`, `listening on …`, or one made readable for a terminal. */
  line(text: string): void {
    this.#stdout.write(`${printable(text)}\n`)
  }

  /**
   * Lines on stdout that this program made itself and that may hold colours and line feeds. Resolves with false when they were not
   * written: nobody reads any more, or the disk is full.
   */
  styled(text: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#stdout.write(`${text}\n`, (error) => resolve(!error && !this.#lost))
    })
  }

  /** A result, as `result` writes it. Resolves like `styled`. */
  written(value: unknown): Promise<boolean> {
    return this.styled(printable(encodeJson(value)))
  }

  /** What is neither result nor failure: on stderr. */
  note(text: string): void {
    this.#stderr.write(`${printable(withoutCredentials(text))}\n`)
  }

  /** A mistake on the command line, for a person. May have several lines. */
  usage(text: string): void {
    this.#stderr.write(`${text.split('\n').map(typed).join('\n')}\n`)
  }

  /** A failed operation: `{"code","message",…}` on stderr. */
  failure(error: unknown): void {
    this.note(encodeJson(describeError(error)))
  }
}

// A configuration file: its text, the files that it names, and where in it a mistake stands.

import { open, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RouterConfigError } from './errors.ts'

/** Far more than a person writes; whatever else the path names is not read to its end. */
const MAX_BYTES = 1024 * 1024

export class ConfigFile {
  readonly path: string
  readonly text: string

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  /** The path of a file that this one names; one that is not absolute begins where this file is. */
  pathOf(path: string): string {
    return resolve(dirname(this.path), path)
  }

  /** @throws RouterConfigError when it cannot be read, or is no text. */
  static async read(path: string): Promise<ConfigFile> {
    let bytes: Buffer
    try {
      bytes = await readUpTo(path, MAX_BYTES + 1)
    } catch (cause) {
      throw new RouterConfigError(`${path}: cannot be read: ${reasonOf(cause)}`, { cause })
    }
    if (bytes.length > MAX_BYTES) throw new RouterConfigError(`${path}: expected at most ${MAX_BYTES} bytes`)
    try {
      return new ConfigFile(path, new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch (cause) {
      throw new RouterConfigError(`${path}: expected a text in UTF-8`, { cause })
    }
  }

  /** What is wrong in this line. */
  defect(line: number | undefined, message: string, cause?: unknown): RouterConfigError {
    const place = line === undefined ? this.path : `${this.path}:${line}`
    return new RouterConfigError(`${place}: ${message}`, cause === undefined ? undefined : { cause })
  }

  /** The text of a file that this one names, in `line` and as `name`; a path that is not absolute begins where this file is. */
  async related(path: string, name: string, line: number | undefined): Promise<string> {
    const absolute = this.pathOf(path)
    let bytes: Buffer
    try {
      bytes = await readUpTo(absolute, MAX_BYTES + 1)
    } catch (cause) {
      throw this.defect(line, `${name}: cannot read ${absolute}: ${reasonOf(cause)}`, cause)
    }
    if (bytes.length > MAX_BYTES) throw this.defect(line, `${name}: expected at most ${MAX_BYTES} bytes in ${absolute}`)
    return bytes.toString()
  }
}

async function readUpTo(path: string, most: number): Promise<Buffer> {
  // A pipe that nobody writes to would never be open.
  const found = await stat(path)
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is no file')
  const file = await open(path)
  try {
    const buffer = Buffer.alloc(most)
    let length = 0
    while (length < most) {
      const { bytesRead } = await file.read(buffer, length, most - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await file.close()
  }
}

/** Node's messages hold the path too; the code says it all. */
function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  return code ?? (error instanceof Error ? error.message : String(error))
}

// The command `omsg` as its users meet it: its lines and its exit status.

import { Readable } from 'node:stream'
import { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newProgram, runProgram } from '../../src/cli/command.ts'
import { commandsFor } from '../../src/cli/commands.ts'
import { Output, type OutputStream } from '../../src/cli/output.ts'
import { type Ended, Program, type ProgramOptions } from './program.ts'

/** The compiled command. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** Starts `omsg` with these arguments, as a process of its own. Whoever starts one that does not end by itself stops it. */
export const startOmsg = (args: readonly string[], options?: ProgramOptions): Program =>
  new Program(process.execPath, [MAIN, ...args], options)

/** What becomes of it in the process of the test: all of the command but its main.ts, without the time that a process takes to start. */
export async function omsg(args: readonly string[], { env = {}, input = '' }: ProgramOptions = {}): Promise<Ended> {
  const stdout = new Written()
  const stderr = new Written()
  const environment = { ...process.env, ...env }
  const output = new Output({ stdout, stderr, env: environment })
  const never = new AbortController().signal
  const context = { output, env: environment, stop: never, giveUp: never }
  const program = newProgram(context, await commandsFor(args, context, Readable.from([Buffer.from(input)])))
  const code = await runProgram(program, args, context)
  return { code, stdout: stdout.lines, stderr: stderr.lines }
}

class Written implements OutputStream {
  #text = ''

  get lines(): readonly string[] {
    return this.#text.split('\n').slice(0, -1)
  }

  write(text: string, written?: () => void): boolean {
    this.#text += text
    if (written) queueMicrotask(written)
    return true
  }

  on(): this {
    return this
  }
}

/** What `omsg call` and others print on stderr when the operation failed. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly class?: string
  readonly module?: string
  readonly remoteMessage?: string
}

export function failureOf({ stderr }: Ended): Failure {
  const line = stderr.findLast((candidate) => candidate.startsWith('{'))
  if (line === undefined) throw new Error(`no JSON line on stderr: ${stderr.join('\n')}`)
  return JSON.parse(line) as Failure
}

export interface RouterProgram {
  readonly program: Program
  /** `amqp://127.0.0.1:PORT` */
  readonly url: string
}

/** `omsg router` on a free port, ready. */
export async function startRouterProgram(...flags: readonly string[]): Promise<RouterProgram> {
  const program = startOmsg(['router', '--port', '0', ...flags])
  const [, url] = await program.line('stdout', /^listening on (amqp:\/\/\S+)$/)
  return { program, url: url as string }
}

/** `omsg serve …`, ready: its links have credit out. */
export async function startServer(args: readonly string[]): Promise<Program> {
  const program = startOmsg(['serve', ...args])
  await program.line('stdout', /^READY$/)
  return program
}

/** `omsg listen …`, ready: its links have credit out. */
export async function startListener(args: readonly string[]): Promise<Program> {
  const program = startOmsg(['listen', ...args])
  await program.line('stderr', /^READY$/)
  return program
}

/** For the tests of a file or suite: `omsg router` with its URL, stopped after them, where it has to end with 0. */
export function useRouterProgram(): { readonly url: string } {
  const started: RouterProgram[] = []
  before(async () => void started.push(await startRouterProgram()))
  after(() => started[0]?.program.stop())
  return {
    get url() {
      if (!started[0]) throw new Error('the router has not been started')
      return started[0].url
    },
  }
}

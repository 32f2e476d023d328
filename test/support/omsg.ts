// The command `omsg` as its users meet it: a process of its own, its lines and its exit status.

import { fileURLToPath } from 'node:url'
import { type Ended, Program, type ProgramOptions } from './program.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** Starts `omsg` with these arguments. Whoever starts one that does not end by itself stops it. */
export const startOmsg = (args: readonly string[], options?: ProgramOptions): Program =>
  new Program(process.execPath, [MAIN, ...args], options)

/** `omsg` with these arguments, from start to end. */
export const omsg = (args: readonly string[], options?: ProgramOptions): Promise<Ended> =>
  startOmsg(args, options).end()

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
export async function startRouterProgram(): Promise<RouterProgram> {
  const program = startOmsg(['router', '--port', '0'])
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

// The command `omsg` as its users meet it: a process of its own, its lines and its exit status.

import { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ended, Program, type ProgramOptions } from './program.ts'

/** The compiled command. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

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

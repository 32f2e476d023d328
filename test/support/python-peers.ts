// The Python peers of test/peers: oslo.messaging itself, with its AMQP 1.0 driver.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Ended, Program } from './program.ts'
import { ROOT } from './source-files.ts'

export const PYTHON = '/usr/bin/python3'
const MODULES = ['oslo_messaging', 'pyngus', 'proton']

/** Why there are no Python peers on this machine; `false` when there are. Goes to the `skip` of a suite. */
export const noPythonPeers: string | false = whatIsMissing(MODULES)

/** Why oslo.messaging's functional tests cannot run: beyond the peers they need what they are written with. */
export const noFunctionalSuite: string | false = whatIsMissing([
  ...MODULES,
  'pytest',
  'testtools',
  'fixtures',
  'oslotest',
])

// Where they have just been installed, skipping would hide that the installation came to nothing.
if (noFunctionalSuite && process.env.REQUIRE_PYTHON_PEERS) throw new Error(noFunctionalSuite)

function whatIsMissing(modules: readonly string[]): string | false {
  const look = `import importlib.util as u; print(*[m for m in ${JSON.stringify(modules)} if u.find_spec(m) is None])`
  const { status, stdout, error } = spawnSync(PYTHON, ['-c', look], { encoding: 'utf8' })
  if (error || status !== 0) return `${PYTHON} does not run`
  return stdout.trim() ? `${PYTHON} has no module ${stdout.trim().replaceAll(' ', ', ')}` : false
}

type Peer = 'rpc_client' | 'rpc_server' | 'notifier' | 'notification_listener' | 'functional_suite'

function start(peer: Peer, args: readonly string[]): Program {
  return new Program(PYTHON, ['-u', join(ROOT, 'test/peers', `${peer}.py`), ...args], {
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  })
}

/**
 * A Python server or listener that printed READY: its subscription is requested, not necessarily attached. Senders that wait for
 * credit need not care; whoever needs all of its links polls.
 */
export async function startPeer(
  peer: 'rpc_server' | 'notification_listener',
  args: readonly string[],
): Promise<Program> {
  const program = start(peer, args)
  await program.line('stdout', /^READY$/)
  return program
}

/** What rpc_client.py and notifier.py print. */
export interface PeerResult {
  readonly ok: boolean
  readonly result?: unknown
  /** The Python class of the exception that the caller saw, and its text. */
  readonly error?: string
  readonly str?: string
  /** Of a RemoteError: what the server raised. */
  readonly exc_type?: string
  readonly value?: string
}

/** rpc_client.py or notifier.py from start to end: its last JSON line and its exit status. */
export async function runPeer(
  peer: 'rpc_client' | 'notifier',
  args: readonly string[],
): Promise<PeerResult & { readonly ended: Ended }> {
  const ended = await start(peer, args).end()
  const line = ended.stdout.findLast((candidate) => candidate.startsWith('{'))
  if (line === undefined)
    throw new Error(`${peer}.py printed no result (exit status ${ended.code})\n${ended.stderr.join('\n')}`)
  return { ...parsePython(line), ended }
}

/** Python's json writes NaN and the infinities as no JSON has them; whoever cares looks at the line itself. */
function parsePython(line: string): PeerResult {
  return JSON.parse(line.replace(/(?<=[[ ])-?(NaN|Infinity)(?=[,\]}])/g, 'null')) as PeerResult
}

/** What functional_suite.py prints for each test. */
export interface FunctionalResult {
  readonly test: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped, or how it failed. */
  readonly detail: string
}

/** oslo.messaging's functional tests, running. They take about a minute and end by themselves. */
export const startFunctionalSuite = (url: string, addressingMode: string): Program =>
  start('functional_suite', ['--url', url, '--addressing-mode', addressingMode])

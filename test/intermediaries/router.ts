// `omsg router`, with its own manners and with those of other intermediaries.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setUserPassword } from '../../src/router/index.ts'
import { selfSigned } from '../support/certificates.ts'
import { type RouterProgram, startOmsg, startRouterProgram } from '../support/omsg.ts'
import type { Program } from '../support/program.ts'
import { ROOT } from '../support/source-files.ts'
import type { Intermediary, KnownIntermediary, Secured } from './intermediary.ts'

const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const USER = 'guest'

interface Manners {
  readonly as?: string
  /** How it writes the name of a virtual host in an Open frame. Default: as it is. */
  readonly virtualHost?: (name: string) => string
}

export const ROUTER: KnownIntermediary = known({})
export const ROUTER_AS_QPID_CPP: KnownIntermediary = known({ as: 'qpid-cpp' })
export const ROUTER_AS_RABBITMQ_4: KnownIntermediary = known({
  as: 'rabbitmq4',
  virtualHost: (name) => `vhost:${name}`,
})

function known(manners: Manners): KnownIntermediary {
  const title = manners.as === undefined ? 'omsg router' : `omsg router as ${manners.as}`
  return { title, start: () => start(title, manners) }
}

async function start(title: string, { as, virtualHost = (name) => name }: Manners): Promise<Intermediary> {
  const flags = as === undefined ? [] : ['--as', as]
  const folder = await mkdtemp(join(tmpdir(), 'oslo-messaging-router-'))
  const running: RouterProgram[] = []
  const programs: Program[] = []
  const stop = async (): Promise<void> => {
    for (const program of [...running.map((one) => one.program), ...programs]) {
      program.kill('SIGKILL')
      await program.ended
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const first = await startRouterProgram(...flags)
    running.push(first)
    const secured = await startSecured(folder, flags, programs)
    return {
      heading: `${title} ${VERSION}`,
      url: first.url,
      secured,
      virtualHosts: [virtualHost('blue'), virtualHost('green')],
      async restart() {
        const { program } = running.pop() as RouterProgram
        program.kill('SIGKILL')
        await program.ended
        running.push(await startRouterProgram(...flags, '--port', new URL(first.url).port))
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Another one of its kind: a router that wants TLS and users speaks with nobody else. */
async function startSecured(folder: string, flags: readonly string[], programs: Program[]): Promise<Secured> {
  const file = (name: string): string => join(folder, name)
  const { cert, key } = await selfSigned('localhost')
  await writeFile(file('router.pem'), cert)
  await writeFile(file('router.key'), key, { mode: 0o600 })
  await setUserPassword(file('users.json'), USER, USER)
  const tls = ['--tls-cert', file('router.pem'), '--tls-key', file('router.key'), '--users', file('users.json')]
  const program = startOmsg(['router', '--host', 'localhost', '--port', '0', ...flags, ...tls])
  programs.push(program)
  const [, port] = await program.line('stdout', /^listening on amqps:\/\/\S+:(\d+)$/)
  return { url: `amqps://${USER}:${USER}@localhost:${port}`, certificate: file('router.pem') }
}

// Apache ActiveMQ Artemis, as `artemis create` sets it up, with AMQP as its only protocol.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { selfSigned } from '../support/certificates.ts'
import { freePorts } from '../support/free-ports.ts'
import { BrokerProcess } from './broker-process.ts'
import { type Distribution, unpacked } from './fetched.ts'
import type { KnownIntermediary } from './intermediary.ts'
import { javaFrom } from './java.ts'

const DISTRIBUTION: Distribution = { group: 'org.apache.activemq', artifact: 'apache-artemis', version: '2.44.0' }
const OLDEST_JAVA = 17
const USER = 'guest'
const HEAP = ['-Xms64M', '-Xmx256M']
const CREATE_MS = 60_000

const run = promisify(execFile)

export const ARTEMIS: KnownIntermediary = {
  title: 'Artemis',
  async start() {
    const java = javaFrom(OLDEST_JAVA)
    const [port, tlsPort] = (await freePorts(2)) as [number, number]
    let certificate = ''
    const broker = await BrokerProcess.start('artemis', async (folder) => {
      const home = await unpacked(DISTRIBUTION, folder)
      certificate = join(folder, 'server.pem')
      await create(folder, home, java)
      await configure(folder, [port, tlsPort])
      const env = { JAVACMD: java, JAVA_ARGS: HEAP.join(' ') }
      return { command: instance(folder, 'bin', 'artemis'), args: ['run'], env, port, tlsPort }
    })
    return {
      heading: `Artemis ${DISTRIBUTION.version}`,
      url: `amqp://127.0.0.1:${port}`,
      secured: { url: `amqps://${USER}:${USER}@localhost:${tlsPort}`, certificate },
      // It has none, and takes whatever name it is told.
      virtualHosts: ['blue', 'green'],
      restart: () => broker.restart(),
      stop: () => broker.stop(),
    }
  },
}

const instance = (folder: string, ...names: readonly string[]): string => join(folder, 'instance', ...names)

/** Without a console, and with nothing measured on this machine. */
async function create(folder: string, home: string, java: string): Promise<void> {
  const flags = [
    '--silent',
    '--no-web',
    '--no-autotune',
    '--nio',
    '--allow-anonymous',
    '--user',
    USER,
    '--password',
    USER,
  ]
  const env = { ...process.env, JAVACMD: java }
  await run(join(home, 'bin', 'artemis'), ['create', ...flags, instance(folder)], { env, timeout: CREATE_MS })
}

/**
 * For Python's driver alone, which asks for no kind of address: those of fan-out are for multicast, and its others are queues. Patterns
 * go by whole words, and the words of its addresses end at a slash. Reply addresses are left as they are: a late reply would make a queue.
 */
const WORDS = '<wildcard-addresses><delimiter>/</delimiter></wildcard-addresses>'
const kindOf = (match: string, kind: 'ANYCAST' | 'MULTICAST'): string => {
  const types = ['address', 'queue'].map(
    (what) => `<default-${what}-routing-type>${kind}</default-${what}-routing-type>`,
  )
  return `<address-setting match="${match}">${types.join('')}</address-setting>`
}
const KINDS = [kindOf('openstack.org/om/#', 'ANYCAST'), kindOf('openstack.org/om/rpc/multicast/#', 'MULTICAST')]

/**
 * Its acceptors are ours, and those settings; the rest is as it was created. Two of its lines matter: `auto-delete-queues` is false, or
 * nothing would be kept for listeners that come again; `expiry-address` is a queue that takes every request whose time was over, for nobody.
 */
async function configure(folder: string, [port, tlsPort]: readonly [number, number]): Promise<void> {
  const { cert, key } = await selfSigned('localhost')
  await writeFile(join(folder, 'server.pem'), cert)
  const store = join(folder, 'server-with-key.pem')
  await writeFile(store, `${key}${cert}`, { mode: 0o600 })
  const tls = `sslEnabled=true;keyStoreType=PEM;keyStorePath=${store}`
  const broker = instance(folder, 'etc', 'broker.xml')
  await edit(broker, /<\/address-settings>/, [...KINDS, '</address-settings>'])
  await edit(broker, /<acceptors>.*<\/acceptors>/s, [
    WORDS,
    '<acceptors>',
    `<acceptor name="amqp">tcp://127.0.0.1:${port}?protocols=AMQP</acceptor>`,
    `<acceptor name="amqps">tcp://127.0.0.1:${tlsPort}?protocols=AMQP;${tls}</acceptor>`,
    '</acceptors>',
  ])
  // A guest is who says nothing, not who says a wrong password.
  await edit(instance(folder, 'etc', 'login.config'), /GuestLoginModule sufficient/, [
    'GuestLoginModule sufficient',
    'credentialsInvalidate=true',
  ])
}

async function edit(file: string, what: RegExp, lines: readonly string[]): Promise<void> {
  const text = await readFile(file, 'utf8')
  if (!what.test(text)) throw new Error(`${file}: there is no ${what} in it`)
  await writeFile(
    file,
    text.replace(what, () => lines.join('\n')),
  )
}

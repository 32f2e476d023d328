// Apache Qpid Broker-J as it comes, but for its ports: AMQP 1.0 on the loopback, without a password or with TLS and one, and no management
// over HTTP. No queue is declared and no policy is set: the default virtual host is as the broker makes it, the others keep nothing. Only
// Python's driver has one of its own, in which whoever attaches to the addresses of RPC finds a queue there: it cannot make any.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { selfSigned } from '../support/certificates.ts'
import { freePorts } from '../support/free-ports.ts'
import { type BrokerCommand, BrokerProcess } from './broker-process.ts'
import { unpacked } from './fetched.ts'
import type { KnownIntermediary } from './intermediary.ts'
import { javaFrom } from './java.ts'

const VERSION = '10.1.0'
const DISTRIBUTION = { group: 'org.apache.qpid', artifact: 'apache-qpid-broker-j', version: VERSION }
const JAVA = 17
/** The first one is for those who name none. */
const VIRTUAL_HOSTS = ['default', 'blue', 'green'] as const
const PYTHONS = 'python'
const USER = 'guest'

/** The broker's default. */
const STORE = 'BDB'
const NO_STORE = 'Memory'
const QUEUES_FOR_ALL = {
  pattern: '(exclusive|unicast)\\..*',
  nodeType: 'queue',
  createdOnPublish: true,
  createdOnConsume: true,
  attributes: {},
}

export const BROKER_J: KnownIntermediary = {
  title: 'Broker-J',
  async start() {
    const java = javaFrom(JAVA)
    const [port, securePort] = (await freePorts(2)) as [number, number]
    let certificate = ''
    const broker = await BrokerProcess.start('broker-j', async (folder) => {
      certificate = join(folder, 'server.pem')
      return await prepare(java, folder, { port, securePort })
    })
    return {
      heading: `Broker-J ${VERSION}`,
      url: `amqp://127.0.0.1:${port}`,
      secured: { url: `amqps://${USER}:${USER}@localhost:${securePort}`, certificate },
      python: {
        url: `amqp://127.0.0.1:${port}/${PYTHONS}?pseudo_vhost=false`,
        options: { addressing_mode: 'legacy', broadcast_prefix: 'amq.direct/broadcast' },
        remark:
          "with Python's options addressing_mode = legacy and broadcast_prefix = amq.direct/broadcast, in a virtual host that makes queues for whoever attaches (nodeAutoCreationPolicies)",
      },
      virtualHosts: [VIRTUAL_HOSTS[1], VIRTUAL_HOSTS[2]],
      restart: () => broker.restart(),
      stop: () => broker.stop(),
    }
  },
}

interface Ports {
  readonly port: number
  readonly securePort: number
}

async function prepare(java: string, folder: string, ports: Ports): Promise<BrokerCommand> {
  const at = (name: string): string => join(folder, name)
  const home = await unpacked(DISTRIBUTION, folder)
  const { cert, key } = await selfSigned('localhost')
  await writeFile(at('server.pem'), cert)
  await writeFile(at('server.key'), key, { mode: 0o600 })
  // Read at the first start: what it has made of it is in its work folder from then on.
  await writeFile(at('initial-config.json'), JSON.stringify(configuration(at, ports)))
  const memory = ['-Xmx256m', '-XX:MaxDirectMemorySize=256m', '-XX:+UseSerialGC']
  // It is started often and runs for minutes: the second compiler would not pay.
  const machine = [...memory, '-XX:TieredStopAtLevel=1', '-cp', join(home, VERSION, 'lib', '*')]
  const settings = ['-icp', at('initial-config.json'), '-prop', `qpid.work_dir=${at('work')}`]
  return {
    command: java,
    args: [...machine, 'org.apache.qpid.server.Main', ...settings],
    env: { HOME: folder },
    port: ports.port,
    tlsPort: ports.securePort,
  }
}

const configuration = (at: (name: string) => string, { port, securePort }: Ports): object => ({
  name: 'broker',
  modelVersion: '8.0',
  authenticationproviders: [
    { name: 'anybody', type: 'Anonymous' },
    { name: 'users', type: 'Plain', users: [{ name: USER, type: 'managed', password: USER }] },
  ],
  keystores: [
    { name: 'own', type: 'NonJavaKeyStore', certificateUrl: at('server.pem'), privateKeyUrl: at('server.key') },
  ],
  ports: [
    { ...amqpPort('plain', port), authenticationProvider: 'anybody' },
    { ...amqpPort('secured', securePort), authenticationProvider: 'users', transports: ['SSL'], keyStore: 'own' },
  ],
  virtualhostnodes: [
    ...VIRTUAL_HOSTS.map((name) => virtualHost(name, { type: name === VIRTUAL_HOSTS[0] ? STORE : NO_STORE })),
    virtualHost(PYTHONS, { type: NO_STORE, nodeAutoCreationPolicies: [QUEUES_FOR_ALL] }),
  ],
})

const amqpPort = (name: string, port: number): object => ({
  name,
  type: 'AMQP',
  port,
  bindingAddress: '127.0.0.1',
  protocols: ['AMQP_1_0'],
  // What a client says for a host is the name of a virtual host, or that of the machine; nothing is the default one.
  virtualhostaliases: ['nameAlias', 'defaultAlias', 'hostnameAlias'].map((type) => ({ name: type, type })),
})

const virtualHost = (name: string, configuration: object): object => ({
  name,
  type: 'JSON',
  defaultVirtualHostNode: name === VIRTUAL_HOSTS[0],
  virtualHostInitialConfiguration: JSON.stringify(configuration),
})

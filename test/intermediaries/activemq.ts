// Apache ActiveMQ "Classic", with the configuration of its distribution, and AMQP as its only protocol.

import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../support/free-ports.ts'
import { BrokerProcess } from './broker-process.ts'
import { type Distribution, unpacked } from './fetched.ts'
import type { KnownIntermediary } from './intermediary.ts'
import { javaFrom, keytoolOf } from './java.ts'

const DISTRIBUTION: Distribution = { group: 'org.apache.activemq', artifact: 'apache-activemq', version: '5.18.3' }
const OLDEST_JAVA = 11
const USER = 'guest'
const STORE_PASSWORD = 'of-a-test'
const HEAP = ['-Xms64M', '-Xmx256M']
const KEYTOOL_MS = 60_000

const run = promisify(execFile)

export const ACTIVEMQ: KnownIntermediary = {
  title: 'ActiveMQ',
  async start() {
    const java = javaFrom(OLDEST_JAVA)
    const [port, tlsPort] = (await freePorts(2)) as [number, number]
    let certificate = ''
    const broker = await BrokerProcess.start('activemq', async (folder) => {
      const home = await unpacked(DISTRIBUTION, folder)
      certificate = join(folder, 'server.pem')
      await certify(folder, java, certificate)
      await configure(folder, home, [port, tlsPort])
      return { command: java, args: options(folder, home), port, tlsPort }
    })
    return {
      heading: `ActiveMQ ${DISTRIBUTION.version}`,
      url: `amqp://127.0.0.1:${port}`,
      secured: { url: `amqps://${USER}:${USER}@localhost:${tlsPort}`, certificate },
      // It has none, and takes whatever name it is told.
      virtualHosts: ['blue', 'green'],
      restart: () => broker.restart(),
      stop: () => broker.stop(),
    }
  },
}

/** Its script starts it in no other way. */
function options(folder: string, home: string): string[] {
  const base = { home, base: folder, conf: join(folder, 'conf'), data: join(folder, 'data') }
  const places = Object.entries(base).map(([name, path]) => `-Dactivemq.${name}=${path}`)
  const common = ['-Djava.awt.headless=true', `-Djava.io.tmpdir=${join(folder, 'tmp')}`]
  return [...HEAP, ...common, ...places, '-jar', join(home, 'bin', 'activemq.jar'), 'start']
}

const keystore = (folder: string): string => join(folder, 'server.p12')

/** It reads keys in none of the formats that Node writes. */
async function certify(folder: string, java: string, certificate: string): Promise<void> {
  const store = [
    '-keystore',
    keystore(folder),
    '-storetype',
    'PKCS12',
    '-storepass',
    STORE_PASSWORD,
    '-alias',
    'server',
  ]
  const keytool = (...args: string[]) => run(keytoolOf(java), [...args, ...store], { timeout: KEYTOOL_MS })
  const extensions = ['-ext', 'bc:c', '-ext', 'san=dns:localhost']
  await keytool('-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-dname', 'CN=localhost', ...extensions)
  await keytool('-exportcert', '-rfc', '-file', certificate)
}

/** The default of the distribution without its web console; with users, and who gives no name is a guest. */
async function configure(folder: string, home: string, [port, tlsPort]: readonly [number, number]): Promise<void> {
  await mkdir(join(folder, 'tmp'))
  await cp(join(home, 'conf'), join(folder, 'conf'), { recursive: true })
  const file = join(folder, 'conf', 'activemq.xml')
  const edits: readonly [RegExp, string][] = [
    [/<import resource="jetty.xml"\/>/, ''],
    [/<transportConnectors>.*<\/transportConnectors>/s, connectors(port, tlsPort)],
    [/<persistenceAdapter>/, `${plugins()}<persistenceAdapter>`],
    [/<systemUsage>/, `${tls(keystore(folder))}<systemUsage>`],
  ]
  let text = await readFile(file, 'utf8')
  for (const [what, instead] of edits) {
    if (!what.test(text)) throw new Error(`${file}: there is no ${what} in it`)
    text = text.replace(what, () => instead)
  }
  await writeFile(file, text)
}

/** As in the distribution. */
const LIMITS = 'maximumConnections=1000&amp;wireFormat.maxFrameSize=104857600'

/** Python's driver connects without a SASL layer, where its URL has no user; this library needs nothing that is not in the distribution. */
const connectors = (port: number, tlsPort: number): string => `<transportConnectors>
  <transportConnector name="amqp" uri="amqp://127.0.0.1:${port}?${LIMITS}&amp;wireFormat.allowNonSaslConnections=true"/>
  <transportConnector name="amqps" uri="amqp+ssl://127.0.0.1:${tlsPort}?${LIMITS}"/>
</transportConnectors>`

const plugins = (): string => `<plugins><simpleAuthenticationPlugin anonymousAccessAllowed="true"><users>
  <authenticationUser username="${USER}" password="${USER}" groups="users"/>
</users></simpleAuthenticationPlugin></plugins>`

const tls = (store: string): string =>
  `<sslContext><sslContext keyStore="file:${store}" keyStorePassword="${STORE_PASSWORD}"/></sslContext>`

// Azure Service Bus: there is none that could be started, so what is tested is an imitation of it in this process.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '../support/certificates.ts'
import type { Intermediary, KnownIntermediary } from './intermediary.ts'
import { ServiceBusBroker } from './service-bus-broker.ts'

const POLICY = 'RootManageSharedAccessKey'
/** As a key is: base64. */
const KEY = Buffer.from('the key of the policy').toString('base64')
const QUERY = '?profile=service-bus'

export const SERVICE_BUS: KnownIntermediary = { title: 'Service Bus imitated', start }

async function start(): Promise<Intermediary> {
  const broker = new ServiceBusBroker()
  const folder = await mkdtemp(join(tmpdir(), 'oslo-messaging-service-bus-'))
  const certificate = join(folder, 'service-bus.pem')
  const { cert, key } = await selfSigned('localhost')
  await writeFile(certificate, cert)
  let open = await broker.listen()
  const { port } = open
  const secured = await broker.listen({
    host: 'localhost',
    tls: { cert, key },
    sasl: {
      mechanisms: ['PLAIN'],
      authenticate: (_mechanism, username, password) => username === POLICY && password === KEY,
    },
  })
  return {
    heading: 'Service Bus imitated',
    url: `amqp://127.0.0.1:${port}${QUERY}`,
    secured: {
      url: `amqps://${POLICY}:${encodeURIComponent(KEY)}@localhost:${secured.port}${QUERY}`,
      certificate,
    },
    virtualHosts: ['blue', 'green'],
    async restart() {
      await broker.drop(open)
      open = await broker.listen({ port })
    },
    async stop() {
      await broker.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

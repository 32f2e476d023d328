// A router that a file describes does what the file says.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { LinkError } from '../../../src/amqp/index.ts'
import { loadRouterConfig, startRouter } from '../../../src/router/index.ts'
import { selfSigned } from '../../support/certificates.ts'
import { Bus, message } from './bus.ts'

function folderOf(t: TestContext, files: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'router-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return (name) => join(folder, name)
}

const onDelivery = (): void => {}

/** How many of two receivers get one message that is sent to the address. */
async function copies(bus: Bus, address: string): Promise<number> {
  const collectors = [await bus.collector({ address }), await bus.collector({ address })]
  const sender = await bus.sender({ address })
  await sender.send(message('m'))
  return collectors.flatMap((collector) => collector.texts).length
}

describe('a router of a file', () => {
  it('in JSON distributes by its rules', async (t) => {
    const path = folderOf(t, {
      'router.json': JSON.stringify({
        rules: [
          { pattern: 'events/*/#', distribution: 'multicast' },
          { pattern: 'events/*/one', distribution: 'closest' },
          { prefix: 'closed', distribution: 'unavailable' },
        ],
        maxLinks: 10,
      }),
    })
    const { options } = await loadRouterConfig(path('router.json'))
    const bus = await Bus.start(t, options)
    assert.equal(await copies(bus, '/events.nova.all'), 2)
    assert.equal(await copies(bus, 'events/nova/one'), 1)
    assert.equal(await copies(bus, 'events'), 1)
    assert.equal(await copies(bus, 'broadcast.t'), 2)
    await assert.rejects(
      bus.receiver({ address: 'closed.x', onDelivery }),
      (error) => error instanceof LinkError && error.condition === 'amqp:not-found',
    )
  })

  it('as qdrouterd.conf listens with its certificate, for clients that have one', async (t) => {
    const [server, client, stranger] = await Promise.all([
      selfSigned('localhost'),
      selfSigned('alice'),
      selfSigned('alice'),
    ])
    const path = folderOf(t, {
      'server.pem': `${server.cert}\n${server.key}`,
      'clients.pem': client.cert,
      'qdrouterd.conf': `
router {
    id: Router.A
}
sslProfile {
    name: tls
    certFile: server.pem
    caCertFile: clients.pem
}
listener {
    port: 0
    sslProfile: tls
    saslMechanisms: EXTERNAL
    authenticatePeer: yes
    idleTimeoutSeconds: 16
}
address {
    prefix: copied
    distribution: multicast
}`,
    })
    const { options } = await loadRouterConfig(path('qdrouterd.conf'))
    const bus = await Bus.start(t, options)
    assert.match(bus.router.url, /^amqps:/)
    const as = ({ cert, key }: typeof client) => ({ host: 'localhost', tls: { ca: server.cert, cert, key } })
    const connection = await bus.connect(as(client))
    assert.equal(connection.remote.containerId, 'Router.A')
    assert.equal(connection.remote.idleTimeoutMs, 8_000)
    const collectors = [
      await bus.collector({ address: 'copied.x' }, connection),
      await bus.collector({ address: 'copied.x' }, connection),
    ]
    await (await bus.sender({ address: 'copied.x' }, connection)).send(message('m'))
    assert.deepEqual(
      collectors.map(({ texts }) => texts),
      [['m'], ['m']],
    )
    await assert.rejects(bus.connect(as(stranger)))
    await assert.rejects(bus.connect({ host: 'localhost', tls: { ca: server.cert } }))
  })

  it('that asks for users is not started without any', async (t) => {
    const path = folderOf(t, { 'q.conf': 'listener {\n port: 0\n authenticatePeer: yes\n saslMechanisms: PLAIN\n}\n' })
    const { options } = await loadRouterConfig(path('q.conf'))
    await assert.rejects(startRouter(options), { code: 'ROUTER_OPTIONS', message: /^sasl: PLAIN alone/ })
    const authenticate = (_mechanism: string, name: string, password: string) => name === 'ada' && password === 'x'
    const bus = await Bus.start(t, { ...options, sasl: { ...options.sasl, authenticate } })
    assert.ok(await bus.connect({ sasl: { username: 'ada', password: 'x' } }))
    await assert.rejects(bus.connect(), { code: 'AMQP_SASL' })
  })
})

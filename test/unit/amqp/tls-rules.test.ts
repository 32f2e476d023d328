// TLS from the first byte (AMQP 1.0 part 5, 5.2 and 5.2.1).

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { before, describe, it, type TestContext } from 'node:test'
import { createSecureContext } from 'node:tls'
import { generate } from 'selfsigned'
import { connect } from '../../../src/amqp/connect.ts'
import { startListener } from '../../support/amqp-fixtures.ts'

interface Pem {
  readonly cert: string
  readonly private: string
}

const certificate = async (name: string): Promise<Pem> =>
  await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  })

let server: Pem
let other: Pem
before(async () => {
  server = await certificate('localhost')
  other = await certificate('elsewhere.example')
})

const listening = async (t: TestContext, { cert, private: key }: Pem): Promise<number> =>
  (await startListener(t, { tls: { cert, key } })).port

describe('a client with TLS', () => {
  it('is served by who has the certificate that it trusts', async (t) => {
    const port = await listening(t, server)
    await using connection = await connect({ port, tls: { ca: server.cert } })
    assert.equal(connection.isOpen, true)
  })

  it('knows how it is protected, and whose certificates it saw', async (t) => {
    const port = await listening(t, server)
    await using connection = await connect({ port, tls: { ca: server.cert } })
    const { protocol, cipher, chain } = connection.security.tls ?? {}
    assert.match(`${protocol} ${cipher}`, /^TLSv1\.3 TLS_/)
    assert.equal(chain?.length, 1, 'it has signed itself')
    const [own] = chain ?? []
    assert.deepEqual([own?.subject, own?.issuer, own?.names], ['localhost', 'localhost', 'DNS:localhost'])
    assert.ok((own?.validTo.getTime() ?? 0) > Date.now())
    const { port: plain } = await startListener(t)
    await using open = await connect({ port: plain })
    assert.equal(open.security.tls, undefined)
  })

  it('does not talk to who has a certificate that nobody it trusts has signed', async (t) => {
    const port = await listening(t, server)
    const refused = { code: 'AMQP_CONNECTION', message: /cannot connect, .*certificate/ }
    await assert.rejects(connect({ port, tls: true }), refused)
    await assert.rejects(connect({ port, tls: { ca: other.cert } }), refused)
  })

  it('is told that there is no TLS where there is none', async (t) => {
    const { port } = await startListener(t)
    await assert.rejects(connect({ port, tls: { ca: server.cert } }), {
      code: 'AMQP_CONNECTION',
      message: `localhost:${port}: cannot connect, TLS was meant, and what answers there does not speak it`,
    })
  })

  it('does not talk to who has a certificate for another name', async (t) => {
    const port = await listening(t, other)
    const refused = { code: 'AMQP_CONNECTION', message: /does not match certificate's altnames/ }
    await assert.rejects(connect({ port, tls: { ca: other.cert } }), refused)
  })

  it('says which server it means, unless that is an address', async (t) => {
    const asked: string[] = []
    const { port } = await startListener(t, {
      tls: {
        cert: server.cert,
        key: server.private,
        SNICallback: (name, done) => {
          asked.push(name)
          done(null, createSecureContext({ cert: server.cert, key: server.private }))
        },
      },
    })
    for (const host of ['localhost', '127.0.0.1'])
      await connect({ host, port, tls: { ca: server.cert } }).then(
        (connection) => connection.close(),
        () => {},
      )
    assert.deepEqual(asked, ['localhost'])
  })

  it('begins with TLS: no protocol header goes in front of it', async (t) => {
    const tcp = createServer()
    t.after(() => void tcp.close())
    tcp.listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const { port } = tcp.address() as { port: number }
    const refused = assert.rejects(connect({ host: '127.0.0.1', port, tls: true }), { code: 'AMQP_CONNECTION' })
    const [socket] = (await once(tcp, 'connection')) as [Socket]
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    assert.equal(chunk[0], 0x16) // a TLS handshake record
    socket.destroy()
    await refused
  })
})

import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { generate } from 'selfsigned'
import { createTransport, RpcClient } from '../../../src/index.ts'
import { MessageDeliveryFailureError } from '../../../src/messaging/errors.ts'
import type { MiniRelay } from '../../support/mini-relay.ts'
import { envelope, failureOf, serveEcho, testDriver, testRelay } from './drivers.ts'

interface Pem {
  readonly cert: string
  readonly private: string
}

/** A certificate that signs itself, for the given names. */
function certificate(commonName: string, names: readonly { type: 2 | 7; value?: string; ip?: string }[]): Promise<Pem> {
  return generate([{ name: 'commonName', value: commonName }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [...names] },
    ],
  } as never) as unknown as Promise<Pem>
}

let localhost: Pem
let virtual: Pem

before(async () => {
  localhost = await certificate('localhost', [
    { type: 2, value: 'localhost' },
    { type: 7, ip: '127.0.0.1' },
  ])
  virtual = await certificate('vh.example', [{ type: 2, value: 'vh.example' }])
})

function pemFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'omsg-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file.pem'), text)
  return join(folder, 'file.pem')
}

const tlsRelay = (t: TestContext, pem: Pem, more = {}): Promise<MiniRelay> =>
  testRelay(t, { tls: { cert: pem.cert, key: pem.private, ...more } })

const firstCast = (t: TestContext, url: string, options = {}): Promise<unknown> =>
  failureOf(testDriver(t, url, options).cast({ topic: 'tt' }, envelope('note'), { retry: 0, timeoutMs: 5000 }))

test('amqps:// and ssl_ca_file: calls go over TLS, by name and by address', async (t) => {
  const relay = await tlsRelay(t, localhost)
  const sslCaFile = pemFile(t, localhost.cert)
  await serveEcho(testDriver(t, `amqps://localhost:${relay.port}`, { sslCaFile }))
  const client = testDriver(t, `amqp://127.0.0.1:${relay.port}`, { sslCaFile })
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
})

test('a certificate of an unknown authority is refused: without ssl_ca_file the system’s are asked', async (t) => {
  const relay = await tlsRelay(t, localhost)
  const error = await firstCast(t, `amqps://localhost:${relay.port}`)
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /self.signed certificate/)
})

test('a certificate for another name is refused, unless the virtual host is that name and is to be compared', async (t) => {
  const relay = await tlsRelay(t, virtual)
  const sslCaFile = pemFile(t, virtual.cert)
  const url = `amqps://localhost:${relay.port}/vh.example`
  assert.match(String(await firstCast(t, url, { sslCaFile })), /does not match certificate's altnames/)
  await serveEcho(testDriver(t, url, { sslCaFile, sslVerifyVhost: true }))
})

test('a client certificate is shown to a peer that asks for one', async (t) => {
  const own = await certificate('client', [{ type: 2, value: 'client' }])
  const relay = await tlsRelay(t, localhost, { requestCert: true, rejectUnauthorized: true, ca: [own.cert] })
  const sslCaFile = pemFile(t, localhost.cert)
  const url = `amqps://localhost:${relay.port}`
  await serveEcho(
    testDriver(t, url, { sslCaFile, sslCertFile: pemFile(t, own.cert), sslKeyFile: pemFile(t, own.private) }),
  )
})

test('a certificate file that is missing is told at once to those who wait', async (t) => {
  const error = await failureOf(
    testDriver(t, 'amqps://127.0.0.1:1', { sslCaFile: '/no/such/ca.pem' }).cast({ topic: 'tt' }, envelope('note'), {
      timeoutMs: 30_000,
    }),
  )
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /option ssl_ca_file: ENOENT/)
})

test('a peer without TLS is a failed attempt', async (t) => {
  const relay = await testRelay(t)
  const error = await firstCast(t, `amqps://127.0.0.1:${relay.port}`)
  assert.ok(error instanceof MessageDeliveryFailureError)
})

test('the virtual host is not compared with the certificate unless that is asked for', async (t) => {
  const relay = await tlsRelay(t, localhost)
  const sslCaFile = pemFile(t, localhost.cert)
  const url = `amqps://localhost:${relay.port}/vh.example`
  await serveEcho(testDriver(t, url, { sslCaFile }))
  assert.match(
    String(await firstCast(t, url, { sslCaFile, sslVerifyVhost: true })),
    /does not match certificate's altnames/,
  )
})

test('ssl=1 in the URL turns TLS on, and the authorities of the system are asked', async (t) => {
  const relay = await tlsRelay(t, localhost)
  await using transport = createTransport(`amqp://localhost:${relay.port}?ssl=1`)
  const cast = new RpcClient(transport, { topic: 'tt' }).cast({}, 'note', {}, { retry: 0 })
  assert.match(String(await failureOf(cast)), /self.signed certificate/)
})

test('a client certificate may have a key with a password', async (t) => {
  const own = await certificate('client', [{ type: 2, value: 'client' }])
  const relay = await tlsRelay(t, localhost, { requestCert: true, rejectUnauthorized: true, ca: [own.cert] })
  const key = createPrivateKey(own.private).export({
    ...{ type: 'pkcs8', format: 'pem' },
    ...{ cipher: 'aes-256-cbc', passphrase: 'sesame' },
  } as never) as unknown as string
  const files = {
    sslCaFile: pemFile(t, localhost.cert),
    sslCertFile: pemFile(t, own.cert),
    sslKeyFile: pemFile(t, key),
  }
  const url = `amqps://localhost:${relay.port}`
  await serveEcho(testDriver(t, url, { ...files, sslKeyPassword: 'sesame' }))
  const error = String(await firstCast(t, url, { ...files, sslKeyPassword: 'barley' }))
  assert.match(error, /MessageDeliveryFailureError/)
  assert.doesNotMatch(error, /barley/)
})

test('over TLS too calls go on at the next host', async (t) => {
  const [first, second] = [await tlsRelay(t, localhost), await tlsRelay(t, localhost)]
  const sslCaFile = pemFile(t, localhost.cert)
  const url = `amqps://localhost:${first.port},localhost:${second.port}`
  await serveEcho(testDriver(t, url, { sslCaFile }))
  const client = testDriver(t, url, { sslCaFile })
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 10_000 }), { n: 1 })
  first.cut()
  await first.close()
  await second.until(() => second.connections.size === 2)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 2 }), { timeoutMs: 10_000 }), { n: 2 })
  assert.ok(second.attached.length > 0)
})

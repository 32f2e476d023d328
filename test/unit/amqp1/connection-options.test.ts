import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { connectOptions, containerId } from '../../../src/amqp1/connection-options.ts'
import { isConfigurationFault } from '../../../src/amqp1/errors.ts'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'

const HOST = { hostname: 'bus.example', port: 5672, username: undefined, password: undefined }
const signal = new AbortController().signal

function options(
  values: Record<string, unknown> = {},
  more: {
    secure?: boolean
    virtualHost?: string
    host?: Partial<typeof HOST> | { username: string; password?: string }
  } = {},
) {
  const scope = {
    options: resolveAmqpOptions([{ origin: 'test', values }]),
    virtualHost: more.virtualHost,
    secure: more.secure ?? false,
    containerId: 'c1',
  }
  return connectOptions(scope, { ...HOST, ...more.host }, undefined, signal)
}

test('without credentials there is no SASL layer', async () => {
  assert.equal((await options()).sasl, undefined)
})

test('credentials or sasl_mechanisms turn SASL on', async () => {
  assert.deepEqual((await options({}, { host: { username: 'joe', password: 'pw' } })).sasl, {
    mechanisms: undefined,
    username: 'joe',
    password: 'pw',
  })
  assert.deepEqual((await options({}, { host: { username: 'joe' } })).sasl, {
    mechanisms: undefined,
    username: 'joe',
    password: '',
  })
  assert.deepEqual((await options({ sasl_mechanisms: 'ANONYMOUS  PLAIN' })).sasl, {
    mechanisms: ['ANONYMOUS', 'PLAIN'],
    username: undefined,
    password: undefined,
  })
  assert.equal((await options({}, { host: { username: '' } })).sasl, undefined)
})

test('a password is a token where it is as long as one, or a mechanism for tokens is named', async () => {
  const long = 'ey.J0-'.repeat(50)
  const sasl = async (password: string, sasl_mechanisms = '') =>
    (await options({ sasl_mechanisms }, { host: { username: 'joe', password } })).sasl
  const given = async (...args: Parameters<typeof sasl>) => await (await sasl(...args))?.token?.(signal)
  assert.equal(await given(long), long)
  assert.equal(await given('short', 'oauthbearer'), 'short')
  assert.equal(await given(long, 'PLAIN'), long)
  for (const password of ['short', '', `${long}\u00fc`, `${long} `, 'x'.repeat(256)])
    assert.equal(await given(password), undefined)
  assert.deepEqual((await sasl(long))?.mechanisms, ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'])
  assert.equal((await sasl(long))?.password, long)
})

test('the peer is told who we are, as Python tells it', async () => {
  const { properties } = await options()
  assert.equal(properties?.pid, process.pid)
  assert.equal(properties?.node, hostname())
  assert.equal(typeof properties?.process, 'string')
})

test('the container id names host, command and process and is unique, unless it is given', () => {
  const first = containerId(resolveAmqpOptions([]))
  assert.match(first, /^openstack\.org\/om\/container\/[^/]+\/[^/]+\/\d+\/[0-9a-f]{32}$/)
  assert.notEqual(containerId(resolveAmqpOptions([])), first)
  assert.equal(containerId(resolveAmqpOptions([{ origin: 'test', values: { container_name: 'me' } }])), 'me')
})

test('the virtual host goes into the Open only when it is not part of the addresses', async () => {
  assert.equal((await options({}, { virtualHost: 'vh' })).hostname, undefined)
  assert.equal((await options({ pseudo_vhost: false }, { virtualHost: 'vh' })).hostname, 'vh')
})

test('the idle time-out is on by default', async () => {
  assert.equal((await options()).idleTimeoutMs, 60_000)
})

test('TLS is turned on by the scheme, by ssl, or by a certificate file', async () => {
  assert.equal((await options()).tls, undefined)
  assert.ok((await options({}, { secure: true })).tls)
  assert.ok((await options({ ssl: true })).tls)
})

test('the name to verify is the host, or the virtual host when that is asked for and there is one', async () => {
  const servername = async (...args: Parameters<typeof options>) =>
    ((await options(...args)).tls as ConnectionOptions).servername
  assert.equal(await servername({ ssl: true }), 'bus.example')
  assert.equal(await servername({ ssl: true, ssl_verify_vhost: true }, { virtualHost: 'vh.example' }), 'vh.example')
  assert.equal(await servername({ ssl: true, ssl_verify_vhost: true }), 'bus.example')
  assert.equal(await servername({ ssl: true }, { host: { hostname: '127.0.0.1' } }), undefined)
})

test('a certificate file that cannot be read is named, and is a fault that time does not heal', async () => {
  await assert.rejects(options({ ssl_ca_file: '/no/such/ca.pem' }), (error: Error) => {
    assert.match(error.message, /option ssl_ca_file: ENOENT/)
    return isConfigurationFault(error)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type RouterOptions, resolveRouterOptions } from '../../../src/router/options.ts'

const resolve = (options: RouterOptions) => resolveRouterOptions(options, 'r')
const authenticate = (): boolean => true

describe('listening beyond the loopback', () => {
  it('is refused when everybody would be let in', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'router.example', '']) {
      assert.throws(() => resolve({ host }), { name: 'UnprotectedRouterError', code: 'ROUTER_UNPROTECTED' }, host)
    }
  })

  it('is refused when authentication can be left out', () => {
    const host = '0.0.0.0'
    const bad: RouterOptions[] = [
      { host, sasl: {} },
      { host, sasl: { authenticate, required: false } },
      { host, sasl: { authenticate, mechanisms: ['PLAIN', 'ANONYMOUS'] } },
      { host, sasl: { scramCredentials: () => undefined, required: false } },
      { host, tls: {} },
      { host, tls: { requestCert: true, rejectUnauthorized: false } },
    ]
    for (const options of bad) assert.throws(() => resolve(options), { code: 'ROUTER_UNPROTECTED' })
  })

  it('needs users, client certificates, or a word', () => {
    const host = '0.0.0.0'
    assert.equal(resolve({ host, sasl: { authenticate } }).listen.host, host)
    assert.equal(resolve({ host, sasl: { scramCredentials: () => undefined } }).listen.host, host)
    assert.equal(resolve({ host, tls: { requestCert: true } }).listen.host, host)
    assert.equal(resolve({ host, allowAnonymous: true }).listen.host, host)
  })

  it('is not what a loopback address does', () => {
    for (const host of ['127.0.0.1', '127.5.6.7', '::1', 'localhost']) assert.equal(resolve({ host }).listen.host, host)
    assert.throws(() => resolve({ host: '::ffff:10.0.0.1' }), { code: 'ROUTER_UNPROTECTED' })
    assert.equal(resolve({}).listen.host, '127.0.0.1')
  })
})

describe('router options', () => {
  it('are checked', () => {
    assert.throws(() => resolve({ port: 70_000 }), { code: 'ROUTER_OPTIONS', message: /^port: / })
    assert.throws(() => resolve({ maxFrameSize: 100 }), { code: 'ROUTER_OPTIONS', message: /^maxFrameSize: / })
    assert.throws(() => resolve({ drainTimeoutMs: Number.NaN }), {
      code: 'ROUTER_OPTIONS',
      message: /^drainTimeoutMs: /,
    })
  })

  it('have none but their own names', () => {
    assert.throws(() => resolve({ hostname: 'h' } as never), {
      code: 'ROUTER_OPTIONS',
      message: 'options of startRouter: unknown name "hostname"; did you mean "hostnames"?',
    })
    assert.throws(() => resolve({ port: '5672' as never }), {
      code: 'ROUTER_OPTIONS',
      message: 'port: expected a whole number from 0 to 65535, found "5672"',
    })
  })

  it('name product and version for the Open', () => {
    const { properties } = resolve({}).listen
    assert.equal(properties?.product, 'oslo-messaging-router')
    assert.match(String(properties?.version), /^\d+\.\d+\.\d+/)
  })
})

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
    assert.equal(resolve({ host, users: 'users.json' }).listen.host, host)
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

  it('are checked, every one of them, before anything is started', () => {
    const bad: readonly (readonly [options: object, message: string])[] = [
      [{ host: 5 }, 'host: expected a text, found 5'],
      [{ containerId: '' }, 'containerId: expected a text that is not empty, found ""'],
      [{ product: null }, 'product: expected a text, found null'],
      [{ rules: {} }, 'rules: expected an array of rules, found an object'],
      [{ rules: ['a'] }, 'rules[0]: expected an object, not "a"'],
      [
        { defaultDistribution: 'one' },
        'defaultDistribution: expected one of multicast, closest, balanced, queue, unavailable, found "one"',
      ],
      [{ hostnames: 'h' }, 'hostnames: expected an array of texts, found "h"'],
      [{ tls: true }, 'tls: expected an object, found true'],
      [{ sasl: 'PLAIN' }, 'sasl: expected an object, not "PLAIN"'],
      [{ sasl: { mechanism: ['PLAIN'] } }, 'sasl: unknown name "mechanism"; did you mean "mechanisms"?'],
      [{ sasl: { required: 1 } }, 'sasl.required: expected true or false, found 1'],
      [{ allowAnonymous: 'yes' }, 'allowAnonymous: expected true or false, found "yes"'],
      [{ maxLinks: 0 }, 'maxLinks: expected a whole number of at least 1, found 0'],
      [{ channelMax: 65_536 }, 'channelMax: expected a whole number from 0 to 65535, found 65536'],
      [{ handleMax: -1 }, 'handleMax: expected a whole number from 0 to 4294967295, found -1'],
      [{ maxAddresses: 1.5 }, 'maxAddresses: expected a whole number of at least 1, found 1.5'],
      [{ maxUnsettled: '1' }, 'maxUnsettled: expected a whole number of at least 1, found "1"'],
      [{ maxConnections: 0 }, 'maxConnections: expected a whole number of at least 1, found 0'],
      [{ handshakeTimeoutMs: 0 }, 'handshakeTimeoutMs: expected milliseconds, a number of at least 1, found 0'],
      [{ metrics: true }, 'metrics: expected an object, found true'],
      [{ metrics: { port: 65_536 } }, 'metrics.port: expected a whole number from 0 to 65535, found 65536'],
      [{ metrics: { prot: 1 } }, 'metrics: unknown name "prot"; did you mean "port"?'],
      [{ log: 'json' }, 'log: expected a function, found "json"'],
      [{ logLevel: 'loud' }, 'logLevel: expected one of debug, info, warning, error, found "loud"'],
      [{ maxLink: 1 }, 'options of startRouter: unknown name "maxLink"; did you mean "maxLinks"?'],
      [[], 'options of startRouter: expected an object, not an array'],
    ]
    for (const [options, message] of bad)
      assert.throws(() => resolve(options as never), { code: 'ROUTER_OPTIONS', message })
  })

  it('that would let nobody in are refused', () => {
    const sasl = { mechanisms: ['PLAIN'] }
    assert.throws(() => resolve({ sasl }), { code: 'ROUTER_OPTIONS', message: /^sasl: PLAIN alone/ })
    assert.ok(resolve({ sasl: { ...sasl, authenticate } }))
    assert.throws(
      () => resolve({ tls: { cert: 'no certificate', key: 's3cret' } }),
      (error: Error) => {
        assert.match(error.message, /^tls: certificate, key or another setting cannot be used: /)
        return !error.message.includes('s3cret')
      },
    )
  })

  it('hand the limits of a connection on to the listener', () => {
    const limits = { maxLinks: 3, channelMax: 4, handleMax: 5, maxFrameSize: 600, maxMessageSize: 7, maxDepth: 8 }
    const { listen } = resolve({ ...limits, handshakeTimeoutMs: 9, maxConnections: 10 })
    for (const [name, value] of Object.entries({ ...limits, handshakeTimeoutMs: 9, maxConnections: 10 }))
      assert.equal(listen[name as keyof typeof listen], value, name)
  })

  it('name product and version for the Open', () => {
    const { properties } = resolve({}).listen
    assert.equal(properties?.product, 'oslo-messaging-router')
    assert.match(String(properties?.version), /^\d+\.\d+\.\d+/)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidTransportUrlError } from '../../../src/messaging/errors.ts'
import {
  driverName,
  formatTransportUrl,
  parseTransportUrl,
  redactedUrl,
  type TransportHost,
} from '../../../src/messaging/transport-url.ts'

const host = (hostname?: string, port?: number, username?: string, password?: string): TransportHost => ({
  hostname,
  port,
  username,
  password,
})

describe('parseTransportUrl', () => {
  for (const [text, virtualHost, hosts, query] of [
    ['amqp://', undefined, [], {}],
    ['amqp:', undefined, [], {}],
    ['amqp:///', '', [], {}],
    ['amqp://h', undefined, [host('h')], {}],
    ['amqp://h:', undefined, [host('h')], {}],
    ['amqp://:5673/', '', [host('', 5673)], {}],
    ['amqp://u@h', undefined, [host('h', undefined, 'u')], {}],
    ['amqp://u:@h', undefined, [host('h', undefined, 'u', '')], {}],
    ['amqp://:p@h', undefined, [host('h', undefined, '', 'p')], {}],
    ['amqp://u:p@/', '', [host(undefined, undefined, 'u', 'p')], {}],
    ['amqp://a,b:2,c/v', 'v', [host('a'), host('b', 2), host('c')], {}],
    ['amqp://a,,b', undefined, [host('a'), host('b')], {}],
    ['amqp://u:p@a,b', undefined, [host('a', undefined, 'u', 'p'), host('b')], {}],
    ['amqp://[::1]:5/v', 'v', [host('::1', 5)], {}],
    ['amqp://[::1]', undefined, [host('::1')], {}],
    ['amqp://u:p@[::1]:5,[::2]', undefined, [host('::1', 5, 'u', 'p'), host('::2')], {}],
    ['amqp://joe@realm:s%40x@h:1/%2Fv%20h', '/v h', [host('h', 1, 'joe@realm', 's@x')], {}],
    ['amqp://u%3Ax:p%3A%2F@h', undefined, [host('h', undefined, 'u:x', 'p:/')], {}],
    ['amqp://u:p:q@h', undefined, [host('h', undefined, 'u', 'p:q')], {}],
    ['amqp://h//', '/', [host('h')], {}],
    ['amqp://h/a/b', 'a/b', [host('h')], {}],
    ['amqp://h/v;x#fragment?no', 'v;x', [host('h')], {}],
    ['amqp://h/?a=1&a=2&b=', '', [host('h')], { a: '1,2' }],
    ['amqp://h?ssl=1', undefined, [host('h')], { ssl: '1' }],
    ['amqp://h?a=x+y%2B&c&=1', undefined, [host('h')], { a: 'x y+', '': '1' }],
    ['amqp://%zz%@h', undefined, [host('h', undefined, '%zz%')], {}],
    ['amqp://%C3%A9:%FF@h', undefined, [host('h', undefined, 'é', '\ufffd')], {}],
    ['AMQP://Host', undefined, [host('Host')], {}],
    [' amqp://h\n', undefined, [host('h')], {}],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const url = parseTransportUrl(text)
      assert.equal(url.scheme, 'amqp')
      assert.deepEqual(
        { virtualHost: url.virtualHost, hosts: url.hosts, query: { ...url.query } },
        { virtualHost, hosts, query },
      )
    })
  }

  it('takes what stands before a colon for the scheme', () => {
    assert.deepEqual(
      { ...parseTransportUrl('host:5672'), query: {} },
      { scheme: 'host', hosts: [], virtualHost: undefined, query: {} },
    )
  })

  it('keeps the whole scheme, whose first part names the driver', () => {
    const url = parseTransportUrl('amqp+anything://')
    assert.equal(url.scheme, 'amqp+anything')
    assert.equal(driverName(url), 'amqp')
  })

  it('has a query that no name can poison', () => {
    const { query } = parseTransportUrl('amqp://h?__proto__=1&constructor=2')
    assert.deepEqual(Object.keys(query), ['__proto__', 'constructor'])
  })

  for (const text of [
    'nothing',
    '',
    '://h',
    '1amqp://h',
    'amqp://h:x',
    'amqp://h1:1:2',
    'amqp://h:99999999',
    'amqp://h:-1',
    'amqp://[::1',
    'amqp://[::1]x',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseTransportUrl(text), InvalidTransportUrlError)
    })
  }

  it('refuses what is no text', () => {
    assert.throws(() => parseTransportUrl(5 as unknown as string), InvalidTransportUrlError)
  })

  it('never shows what may be a piece of a password', () => {
    for (const text of [
      'amqp://joe:hunter2/x@h:5672',
      'amqp://joe:hunter2@h:hunter2',
      'joe:hunter2@h',
      'amqp://joe:hunter2@[::1',
    ]) {
      try {
        parseTransportUrl(text)
      } catch (error) {
        assert.doesNotMatch(String(error), /hunter2/)
      }
    }
  })
})

describe('formatTransportUrl', () => {
  for (const [text, formatted] of [
    ['amqp://', 'amqp:///'],
    ['amqp:////vhost', 'amqp:////vhost'],
    ['amqp://h', 'amqp://h/'],
    ['amqp://u:p@h:1,h2/v', 'amqp://u:p@h:1,h2/v'],
    ['amqp://u%40:b%24%2F@h//%24', 'amqp://u%40:b%24%2F@h//%24'],
    ['amqp://:p@[::1]:5/', 'amqp://:p@[::1]:5/'],
    ['amqp://h/?a=1&a=2&b=x+y', 'amqp://h/?a=1%2C2&b=x+y'],
    ["amqp://(u'*!)@h", 'amqp://%28u%27%2A%21%29@h/'],
  ] as const) {
    it(`writes ${text} as ${formatted}`, () => {
      assert.equal(formatTransportUrl(parseTransportUrl(text)), formatted)
    })
  }

  it('writes what is read as the same url', () => {
    const text = fc.string({ unit: 'grapheme' })
    const hosts = fc.array(
      fc.record({
        hostname: fc.oneof(fc.domain(), fc.ipV6()),
        port: fc.option(fc.nat(65535), { nil: undefined }),
        credentials: fc.option(fc.tuple(text, text), { nil: undefined }),
      }),
    )
    fc.assert(
      fc.property(hosts, text, (records, virtualHost) => {
        const url = {
          scheme: 'amqp',
          hosts: records.map(({ hostname, port, credentials }) =>
            host(hostname, port, credentials?.[0], credentials?.[1]),
          ),
          virtualHost,
          query: {},
        }
        assert.deepEqual({ ...parseTransportUrl(formatTransportUrl(url)), query: {} }, url)
      }),
    )
  })
})

describe('redactedUrl', () => {
  it('hides passwords and secret options', () => {
    const url = parseTransportUrl('amqp://joe:hunter2@h:1,ann@h2/v?ssl_key_password=hunter2&ssl=1')
    assert.equal(redactedUrl(url), 'amqp://joe:***@h:1,ann@h2/v?ssl_key_password=***&ssl=1')
  })
})

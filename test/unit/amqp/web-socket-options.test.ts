import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { listen } from '../../../src/amqp/listener.ts'
import type { ConnectOptions, ListenOptions } from '../../../src/amqp/options.ts'
import { webSocketListening, webSocketTarget } from '../../../src/amqp/web-socket-options.ts'

const URL_TEXT = 'ws://127.0.0.1:1/'

/** That it is refused before anything is connected, and the message says nothing of what was given. */
async function refused(options: unknown, name: string, message: RegExp): Promise<void> {
  await assert.rejects(connect(options as ConnectOptions), (error: Error) => {
    assert.deepEqual([error.name, message.test(error.message) ? '' : error.message], [name, ''])
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
}

describe('the options of a client for WebSocket', () => {
  it('are a url, as text or not, or an object with one', () => {
    for (const webSocket of [URL_TEXT, new URL(URL_TEXT), { url: URL_TEXT }, { url: new URL(URL_TEXT) }]) {
      const target = webSocketTarget({ webSocket })
      assert.deepEqual(
        [target.url.href, target.host, target.port, target.peerName, target.protocols, target.tls],
        [URL_TEXT, '127.0.0.1', 1, '127.0.0.1:1', ['amqp'], undefined],
      )
    }
  })

  it('have the ports of HTTP, and the address of an IPv6 host without its brackets', () => {
    const placeOf = (webSocket: string): unknown[] => {
      const { host, port, peerName, tls } = webSocketTarget({ webSocket })
      return [host, port, peerName, tls]
    }
    assert.deepEqual(placeOf('ws://broker.example/amqp'), ['broker.example', 80, 'broker.example:80', undefined])
    assert.deepEqual(placeOf('wss://broker.example'), ['broker.example', 443, 'broker.example:443', true])
    assert.deepEqual(placeOf('wss://[::1]:8443/'), ['::1', 8443, '[::1]:8443', true])
  })

  it('keep what TLS is told for a wss url', () => {
    const tls = { ca: 'x', servername: 'other' }
    assert.equal(webSocketTarget({ webSocket: 'wss://host/', tls }).tls, tls)
    assert.equal(webSocketTarget({ webSocket: 'wss://host/', tls: false }).tls, true)
  })

  it('lose user name, password and fragment from the url, and leave what was given as it is', () => {
    const url = new URL('ws://al%C3%ADce:100%25@host/p?q#f')
    const { url: bare, headers } = webSocketTarget({ webSocket: url })
    assert.equal(bare.href, 'ws://host/p?q')
    assert.deepEqual(headers, { authorization: `Basic ${Buffer.from('alíce:100%').toString('base64')}` })
    assert.equal(url.username, 'al%C3%ADce')
    const odd = webSocketTarget({ webSocket: 'ws://a%zz@host/' })
    assert.equal(odd.headers.authorization, `Basic ${Buffer.from('a%zz:').toString('base64')}`)
  })

  it('that cannot be are refused, by name and not by value', async () => {
    for (const webSocket of ['', 'secret', 'http://me:secret@host/', 5, null, true, [], { url: 'ws://:secret' }, {}])
      await refused({ webSocket }, 'TypeError', /^webSocket of connect: /)
    await refused({ webSocket: 'https://u:secret@host/' }, 'TypeError', /url: expected one as .*, not https:\/\/$/)
    await refused({ webSocket: { url: URL_TEXT, header: {} } }, 'TypeError', /did you mean "headers"\?/)
    for (const protocols of [[], ['amqp', 'amqp'], ['a b'], 'amqp', [5]])
      await refused({ webSocket: { url: URL_TEXT, protocols } }, 'TypeError', /protocols: expected names/)
    for (const maxPayload of [0, 511, 2 ** 31, 1.5, '1000', Number.NaN])
      await refused({ webSocket: { url: URL_TEXT, maxPayload } }, 'RangeError', /maxPayload: expected a whole number/)
    for (const headers of ['a: b', ['a'], { 'a b': 'secret' }, { a: 'secret\n' }])
      await refused({ webSocket: { url: URL_TEXT, headers } }, 'TypeError', /header/i)
  })

  it('that contradict others are refused', async () => {
    await refused({ webSocket: URL_TEXT, host: 'other' }, 'TypeError', /the url says host and port/)
    await refused({ webSocket: URL_TEXT, port: 1 }, 'TypeError', /the url says host and port/)
    await refused({ webSocket: URL_TEXT, tls: true }, 'TypeError', /tls is for a wss:\/\/ url/)
  })
})

describe('the options of a listener for WebSocket', () => {
  it('are true or an object', () => {
    assert.deepEqual(webSocketListening(true), { path: undefined, origins: new Set(), maxPayload: 16 * 1024 * 1024 })
    const given = { path: '/amqp', origins: ['https://a.example:8443', 'app://x'], maxPayload: 512 }
    assert.deepEqual(webSocketListening(given), { ...given, origins: new Set(given.origins) })
  })

  it('that cannot be are refused', async () => {
    for (const [webSocket, message] of [
      ['/amqp', /^webSocket of listen: expected true or \{ path/],
      [{ paths: '/' }, /did you mean "path"\?/],
      [{ path: 'amqp' }, /path: expected a path without query/],
      [{ path: '/amqp?x' }, /path: expected a path without query/],
      [{ origins: ['https://a.example/'] }, /origins: expected scheme, host and port alone/],
      [{ origins: ['null'] }, /origins: expected scheme/],
      [{ origins: ['*'] }, /origins: expected scheme/],
      [{ origins: 'https://a.example' }, /origins: expected/],
    ] as const)
      await assert.rejects(listen({ webSocket } as ListenOptions), { name: 'TypeError', message })
    await assert.rejects(listen({ webSocket: { maxPayload: 0 } }), { name: 'RangeError' })
  })
})

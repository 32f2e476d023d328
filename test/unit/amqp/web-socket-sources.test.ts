// The package ws is an optional peer dependency: what is done, and what is said, where it is not installed.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { connect, connectWith } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import { ConnectionError } from '../../../src/amqp/errors.ts'
import { listenWith } from '../../../src/amqp/listener.ts'
import type { ConnectOptions, ListenOptions } from '../../../src/amqp/options.ts'
import { type WebSocketSources, webSocketSources } from '../../../src/amqp/web-socket-dial.ts'
import { loadWebSocketPackage } from '../../../src/amqp/web-socket-package.ts'
import { startListener, until } from '../../support/amqp-fixtures.ts'
import { certificate } from '../../support/certificate.ts'
import { bareServer, closed, closeOf, scriptedWebSocketServer } from '../../support/web-socket-peers.ts'

const notInstalled = async (): Promise<undefined> => undefined

/** The package's WebSocket with no more than a page's can do: what Node 22 has. */
class PageWebSocket {
  readonly #webSocket: WebSocket

  constructor(url: URL, second: string[] | { protocols: string[]; headers: Record<string, string> }) {
    const { protocols, headers } = Array.isArray(second) ? { protocols: second, headers: {} } : second
    this.#webSocket = new WebSocket(url, protocols, { headers })
  }

  set binaryType(type: string) {
    this.#webSocket.binaryType = type as 'arraybuffer'
  }

  get binaryType(): string {
    return this.#webSocket.binaryType
  }

  get protocol(): string {
    return this.#webSocket.protocol
  }

  get readyState(): number {
    return this.#webSocket.readyState
  }

  get bufferedAmount(): number {
    return this.#webSocket.bufferedAmount
  }

  send(data: Uint8Array): void {
    this.#webSocket.send(data)
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) throw new Error('InvalidAccessError')
    this.#webSocket.close(code, reason)
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#webSocket.addEventListener(type as 'open', listener as () => void)
  }
}

const simulated: WebSocketSources = { load: notInstalled, global: PageWebSocket }

async function opened(t: TestContext, sources: WebSocketSources, options: ListenOptions = {}): Promise<Connection> {
  const listener = await startListener(t, { webSocket: true, ...options })
  const webSocket = `ws://127.0.0.1:${listener.port}/`
  const connection = await connectWith({ webSocket }, sources)
  t.after(() => connection.abort(new Error('the test is over')))
  return connection
}

describe('without the package ws', () => {
  it('a listener for WebSocket cannot be, and names what to install', async () => {
    await assert.rejects(listenWith({ webSocket: true }, notInstalled), {
      code: 'AMQP_CONNECTION',
      message: 'a listener for WebSocket needs the package ws, version 8: npm install ws',
    })
  })

  it('and without a global WebSocket a client cannot be either', async () => {
    const none: WebSocketSources = { load: notInstalled, global: undefined }
    await assert.rejects(connectWith({ webSocket: 'ws://u:secret@localhost:1/' }, none), {
      code: 'AMQP_CONNECTION',
      message: 'localhost:1: WebSocket on this version of Node needs the package ws, version 8: npm install ws',
    })
  })

  it('a client with options of TLS cannot be', async () => {
    await assert.rejects(connectWith({ webSocket: 'wss://localhost:1/', tls: { ca: 'x' } }, simulated), {
      code: 'AMQP_CONNECTION',
      message: 'localhost:1: WebSocket with options of TLS needs the package ws, version 8: npm install ws',
    })
  })

  it('whatever else is asked works over TCP', async (t) => {
    const listener = await listenWith({}, notInstalled)
    t.after(() => listener.close())
    await (await connectWith({ host: listener.host, port: listener.port }, simulated)).close()
  })
})

it('a package ws that cannot be loaded is an error with its reason', async () => {
  const broken = (): Promise<never> =>
    Promise.reject(new ConnectionError('the package ws cannot be loaded: no', { origin: 'local' }))
  await assert.rejects(listenWith({ webSocket: true }, broken), { message: 'the package ws cannot be loaded: no' })
})

it('the package ws is what is used when it is installed', async () => {
  const found = await loadWebSocketPackage()
  assert.equal(found?.WebSocket as unknown, WebSocket)
})

overGlobal('a simulated', simulated)
const sources = webSocketSources()
if (sources.global) overGlobal("Node's", { ...sources, load: notInstalled })
else
  it("over Node's global WebSocket", { skip: `${process.version} has none; Node has it from version 22 on` }, () => {})

function overGlobal(whose: string, given: WebSocketSources): void {
  describe(`over ${whose} global WebSocket, a client`, () => {
    it('sends and receives large messages, and closes in order', async (t) => {
      const bytes = Buffer.alloc(5_000_000, 'AMQP over WebSocket ')
      const echoed: boolean[] = []
      const connection = await opened(t, given, {
        onLink: (request) => {
          if (request.role === 'sender') request.acceptReceiver({ onDelivery: (delivery) => delivery.accept() })
          else void request.acceptSender({}).send({ body: { type: 'data', chunks: [bytes] } })
        },
      })
      const session = await connection.openSession()
      const sender = await session.attachSender({ address: 'q' })
      for (let n = 0; n < 3; n++)
        assert.equal((await sender.send({ body: { type: 'data', chunks: [bytes] } })).type, 'accepted')
      await session.attachReceiver({
        address: 'q',
        onDelivery: (delivery) => {
          const { body } = delivery.message
          echoed.push(body?.type === 'data' && bytes.equals(Buffer.concat(body.chunks)))
          delivery.accept()
        },
      })
      await until(() => echoed.length === 1)
      assert.deepEqual(echoed, [true])
      await connection.close()
      assert.equal(await connection.closed, undefined)
    })

    it('asks with user name, password and headers', async (t) => {
      const server = await scriptedWebSocketServer(t)
      const url = `ws://alice:secret@127.0.0.1:${server.port}/path?x=1`
      const connecting = connectWith({ webSocket: { url, headers: { 'x-tenant': 'one' } } }, given)
      const { peer, request } = await server.accept()
      await peer.openAsServer()
      ;(await connecting).abort(new Error('done'))
      assert.equal(request?.url, '/path?x=1')
      assert.equal(request?.headers.authorization, `Basic ${Buffer.from('alice:secret').toString('base64')}`)
      assert.equal(request?.headers['x-tenant'], 'one')
    })

    it('starts anew with ANONYMOUS when the peer insists on SASL', async (t) => {
      assert.equal((await opened(t, given, { sasl: { required: true } })).isOpen, true)
    })

    it('fails with a reason when it is refused, or the subprotocol is, without showing the url', async (t) => {
      const listener = await startListener(t, { webSocket: { path: '/amqp' } })
      const other = await scriptedWebSocketServer(t, { subprotocol: false })
      for (const port of [1, listener.port, other.port]) {
        const webSocket = `ws://me:secret@127.0.0.1:${port}/secret?token=secret`
        await assert.rejects(connectWith({ webSocket }, given), (error: Error) => {
          assert(error instanceof ConnectionError)
          assert.match(error.message, new RegExp(`^127\\.0\\.0\\.1:${port}: `))
          assert.doesNotMatch(error.message, /secret/)
          return true
        })
      }
    })

    it('fails in time when the upgrade is not answered, or when the signal aborts', async (t) => {
      const ends: Promise<void>[] = []
      const port = await bareServer(t, (socket) => ends.push(closed(socket)))
      const webSocket = `ws://127.0.0.1:${port}/`
      const dialed = (more: ConnectOptions): Promise<Connection> => connectWith({ webSocket, ...more }, given)
      await assert.rejects(dialed({ connectTimeoutMs: 100 }), { message: /: no connection within 100 ms$/ })
      const reason = new Error('changed my mind')
      const controller = new AbortController()
      const connecting = dialed({ signal: controller.signal })
      controller.abort(reason)
      await assert.rejects(connecting, (error) => error === reason)
      await Promise.all(ends)
    })

    it('closes what sends text, and is told when and why the peer closes', async (t) => {
      const server = await scriptedWebSocketServer(t)
      const open = async (): Promise<{ connection: Connection; webSocket: WebSocket }> => {
        const connecting = connectWith({ webSocket: server.url }, given)
        const { peer, webSocket } = await server.accept()
        await peer.openAsServer()
        return { connection: await connecting, webSocket }
      }
      const texted = await open()
      const close = closeOf(texted.webSocket)
      texted.webSocket.send('text')
      assert.match((await texted.connection.closed)?.message ?? '', /the peer sent a text message/)
      assert.equal(await close, '1005')
      const told = await open()
      told.webSocket.close(1012, 'back soon')
      assert.match((await told.connection.closed)?.message ?? '', /code 1012 \(service restart\), "back soon"$/)
    })

    it('refuses a certificate of an unknown authority', async (t) => {
      const { cert, private: key } = await certificate('localhost')
      const listener = await startListener(t, { webSocket: true, tls: { cert, key } })
      const connecting = connectWith({ webSocket: `wss://localhost:${listener.port}/`, tls: true }, given)
      await assert.rejects(connecting, { code: 'AMQP_CONNECTION', message: /^localhost:\d+: cannot connect, / })
    })
  })
}

it('connect takes what there is', async (t) => {
  const listener = await startListener(t, { webSocket: true })
  await (await connect({ webSocket: new URL(`ws://127.0.0.1:${listener.port}`) })).close()
})

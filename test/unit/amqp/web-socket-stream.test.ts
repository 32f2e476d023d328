import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { ProtocolViolation } from '../../../src/amqp/errors.ts'
import { MAX_SENT_MESSAGE, type WebSocketLike, WebSocketStream } from '../../../src/amqp/web-socket-stream.ts'
import { addSender, nextTurn, Reported, until } from '../../support/amqp-fixtures.ts'
import { scriptedWebSocketServer } from '../../support/web-socket-peers.ts'

const MEGABYTE = 1024 * 1024

/** A WebSocket that does what the test says, as a page's: nothing can be paused, and nobody says when bytes are gone. */
class PageWebSocket implements WebSocketLike {
  readyState = 1
  bufferedAmount = 0
  readonly sent: number[] = []
  readonly calls: string[] = []
  readonly #listeners = new Map<string, ((event: never) => void)[]>()

  send(data: Uint8Array, _whenWritten?: (error?: Error | null) => void): void {
    this.sent.push(data.length)
  }

  close(code?: number, reason?: string): void {
    this.calls.push(['close', code, reason].filter((part) => part !== undefined).join(' '))
    this.readyState = 2
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  emit(type: 'open' | 'message' | 'error' | 'close', event: object = {}): void {
    if (type === 'close') this.readyState = 3
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never)
  }
}

/** The same, with what only the package ws can do. */
class PackagedWebSocket extends PageWebSocket {
  readonly written: ((error?: Error | null) => void)[] = []

  override send(data: Uint8Array, whenWritten?: (error?: Error | null) => void): void {
    super.send(data)
    if (whenWritten) this.written.push(whenWritten)
  }

  pause(): void {
    this.calls.push('pause')
  }

  resume(): void {
    this.calls.push('resume')
  }

  terminate(): void {
    this.calls.push('terminate')
    this.readyState = 2
  }
}

const maxPayload = MEGABYTE

function streamOver<T extends WebSocketLike>(t: TestContext, socket: T, carrier?: Duplex) {
  const stream = new WebSocketStream(socket, { maxPayload, carrier })
  const errors: Error[] = []
  let closed = false
  stream.on('error', (error) => errors.push(error))
  stream.on('close', () => {
    closed = true
  })
  t.after(() => stream.destroy())
  return { stream, socket, errors, gone: () => until(() => closed) }
}

describe('the stream over a WebSocket', () => {
  it('holds back what the peer has not taken, and goes on when it has', async (t) => {
    const { stream, socket } = streamOver(t, new PackagedWebSocket())
    const chunk = Buffer.alloc(MAX_SENT_MESSAGE + 1)
    assert.equal(stream.write(chunk), false)
    stream.write(chunk)
    assert.deepEqual(socket.sent, [MAX_SENT_MESSAGE, 1])
    assert.equal(stream.writableLength, 2 * chunk.length)
    let drained = false
    stream.once('drain', () => {
      drained = true
    })
    socket.written.shift()?.()
    await until(() => socket.sent.length === 4)
    assert.deepEqual([stream.writableLength, drained], [chunk.length, false])
    socket.written.shift()?.()
    await until(() => drained)
    assert.equal(stream.writableLength, 0)
  })

  it('looks whether the peer has taken it where nobody tells', async (t) => {
    const { stream, socket } = streamOver(t, new PageWebSocket())
    socket.bufferedAmount = MEGABYTE
    stream.write(Buffer.alloc(1000))
    stream.write(Buffer.alloc(1000))
    await nextTurn()
    assert.deepEqual([socket.sent, stream.writableLength], [[1000], 2000])
    socket.bufferedAmount = 0
    await until(() => stream.writableLength === 0)
    assert.deepEqual(socket.sent, [1000, 1000])
  })

  it('pauses the WebSocket while nobody reads, and no longer', async (t) => {
    const { stream, socket } = streamOver(t, new PackagedWebSocket())
    const send = (): void => socket.emit('message', { data: Buffer.alloc(MEGABYTE) })
    send()
    assert.deepEqual(socket.calls, ['pause'])
    let read = 0
    stream.on('data', (chunk: Buffer) => {
      read += chunk.length
    })
    await until(() => socket.calls.length === 2)
    assert.deepEqual([socket.calls, read], [['pause', 'resume'], MEGABYTE])
    socket.emit('message', { data: new ArrayBuffer(10) })
    socket.emit('message', { data: Buffer.alloc(0) })
    assert.equal(read, MEGABYTE + 10)
  })

  it('gives up, with a bound, where nobody reads and the WebSocket cannot be paused', async (t) => {
    const { socket, errors, gone } = streamOver(t, new PageWebSocket())
    const data = new ArrayBuffer(MEGABYTE)
    for (let n = 0; n < 100; n++) socket.emit('message', { data })
    await gone()
    assert.match(String(errors[0]), /3\d{7} bytes wait to be read, and this WebSocket cannot be paused/)
  })

  it('closes the WebSocket when all is written, and is gone when the peer has closed it too', async (t) => {
    const { stream, socket, errors, gone } = streamOver(t, new PackagedWebSocket())
    stream.resume().write(Buffer.alloc(10))
    stream.end()
    await nextTurn()
    assert.deepEqual(socket.calls, [])
    socket.written.shift()?.()
    await until(() => socket.calls.length > 0)
    assert.deepEqual(socket.calls, ['close 1000'])
    socket.emit('message', { data: Buffer.alloc(5) })
    assert.equal(stream.closed, false)
    socket.emit('close', { code: 1000, reason: '' })
    await gone()
    assert.deepEqual([errors, socket.calls], [[], ['close 1000']])
  })

  it('cuts the WebSocket off when it is destroyed meanwhile', async (t) => {
    const { stream, socket, gone } = streamOver(t, new PackagedWebSocket())
    stream.end()
    await until(() => socket.calls.length > 0)
    stream.destroy()
    await gone()
    assert.deepEqual(socket.calls, ['close 1000', 'terminate'])
  })

  it('ends when the peer closes the WebSocket without a reason', async (t) => {
    for (const code of [1000, 1005, 1006]) {
      const { stream, socket, errors, gone } = streamOver(t, new PackagedWebSocket())
      const ended = once(stream.resume(), 'end')
      socket.emit('close', { code, reason: '' })
      await ended
      stream.end()
      await gone()
      assert.deepEqual(errors, [])
    }
  })

  it('has an error when the peer closes it with what was written still on its way', async (t) => {
    const { stream, socket, errors, gone } = streamOver(t, new PackagedWebSocket())
    stream.resume().write(Buffer.alloc(10))
    socket.emit('close', { code: 1000, reason: '' })
    await gone()
    assert.equal(errors[0]?.message, 'the WebSocket was closed')
  })

  it('says why: the close code first, then what the carrier said, then what a write said', async (t) => {
    const reset = new Error('read ECONNRESET')
    for (const [code, carrierSays, expected] of [
      [1011, reset, 'the peer closed the WebSocket with code 1011 (internal error)'],
      [1006, reset, 'read ECONNRESET'],
      [1006, undefined, 'write EPIPE'],
    ] as const) {
      const carrier = new Duplex()
      const { stream, socket, errors, gone } = streamOver(t, new PackagedWebSocket(), carrier)
      stream.resume().write(Buffer.alloc(10))
      if (carrierSays) carrier.emit('error', carrierSays)
      socket.written.shift()?.(new Error('write EPIPE'))
      await nextTurn()
      assert.equal(stream.destroyed, false)
      socket.emit('close', { code, reason: '' })
      await gone()
      assert.equal(errors[0]?.message, expected)
    }
  })

  it('does not wait for ever for the reason of a failed write', async (t) => {
    const { stream, socket, errors } = streamOver(t, new PackagedWebSocket())
    stream.write(Buffer.alloc(10))
    socket.written.shift()?.(new Error('write EPIPE'))
    await new Promise((resolve) => stream.once('close', resolve))
    assert.equal(errors[0]?.message, 'write EPIPE')
  })

  it('fails with a violation when the peer is at fault, and lets the WebSocket tell it before it is cut off', async (t) => {
    const { socket, errors, gone } = streamOver(t, new PackagedWebSocket())
    socket.emit('error', { error: new RangeError('Invalid WebSocket frame: MASK must be set') })
    await gone()
    assert(errors[0] instanceof ProtocolViolation)
    assert.equal(errors[0].message, 'WebSocket: Invalid WebSocket frame: MASK must be set')
    assert.deepEqual(socket.calls, [])
    while (socket.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(socket.calls, ['terminate'])
  })

  it('refuses text and what is too large, with the codes for it where a WebSocket can say them', async (t) => {
    const packaged = streamOver(t, new PackagedWebSocket())
    packaged.socket.emit('message', { data: 'text' })
    assert.deepEqual(packaged.socket.calls, ['close 1003 a text message, and AMQP is sent in binary ones'])
    packaged.socket.emit('close', { code: 1006, reason: '' })
    const page = streamOver(t, new PageWebSocket())
    page.socket.emit('message', { data: new ArrayBuffer(MEGABYTE + 1) })
    assert.deepEqual(page.socket.calls, ['close'])
    await Promise.all([page.gone(), packaged.gone()])
    assert.match(String(page.errors[0]), /a message of 1048577 bytes, more than 1048576$/)
  })

  it('that fails before it is open has the reason, and one that ends without a reason has an error too', async (t) => {
    const failed = streamOver(t, Object.assign(new PageWebSocket(), { readyState: 0 }))
    failed.socket.emit('error', { message: 'Received network error or non-101 status code.' })
    const ended = streamOver(t, Object.assign(new PageWebSocket(), { readyState: 0 }))
    ended.socket.emit('close', { code: 1006, reason: '' })
    const silent = streamOver(t, Object.assign(new PageWebSocket(), { readyState: 0 }))
    silent.socket.emit('error')
    await Promise.all([failed.gone(), ended.gone(), silent.gone()])
    assert.deepEqual(
      [failed, ended, silent].map(({ errors }) => errors[0]?.message),
      ['Received network error or non-101 status code.', 'the WebSocket was closed', 'the WebSocket failed'],
    )
  })

  it('that is destroyed before it is open ends the attempt, and hears nothing more', async (t) => {
    for (const socket of [new PageWebSocket(), new PackagedWebSocket()]) {
      socket.readyState = 0
      const { stream, errors, gone } = streamOver(t, socket)
      stream.on('connect', () => assert.fail('it is destroyed'))
      stream.destroy()
      await gone()
      assert.deepEqual(socket.calls, [socket instanceof PackagedWebSocket ? 'terminate' : 'close'])
      for (const event of ['open', 'error', 'close'] as const) socket.emit(event, { code: 1006, reason: '' })
      socket.emit('message', { data: 'x' })
      assert.deepEqual(errors, [])
    }
  })
})

describe('a sender over WebSocket', () => {
  it('encodes no more ahead than the peer takes', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const connecting = connect({ webSocket: server.url })
    const { peer, webSocket } = await server.accept()
    await peer.openAsServer()
    const connection = await connecting
    t.after(() => connection.abort(new Error('the test is over')))
    const [session] = await Promise.all([connection.openSession(), peer.beginAsServer({ incomingWindow: 100_000 })])
    const sender = await addSender({ connection, peer, session }, 50)
    webSocket.pause()
    const reported = new Reported()
    const message = Buffer.alloc(MEGABYTE)
    for (let n = 0; n < 50; n++) sender.submit(message, { settled: true }, reported)
    for (let n = 0; n < 100; n++) await nextTurn()
    assert(sender.queued > 30, `${sender.queued} of 50 MB wait for a peer that does not read`)
    webSocket.resume()
    await until(() => sender.queued === 0)
    await until(() => reported.calls.length === 50)
  })
})

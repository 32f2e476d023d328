import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import {
  addSender,
  attachedSender,
  bodyOf,
  openClient,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { dial, frameBytes, scriptedServer } from '../../support/scripted-peer.ts'

describe('a connection', () => {
  it('knows what the peer said about itself', async (t) => {
    const { connection } = await openClient(
      t,
      {},
      {
        containerId: 'them',
        hostname: 'there',
        maxFrameSize: 4096,
        channelMax: 7,
        idleTimeOut: 60_000,
        offeredCapabilities: ['ANONYMOUS-RELAY'],
        properties: new Map([['product', 'thing']]),
      },
    )
    const { remote } = connection
    assert.deepEqual([remote.containerId, remote.hostname, remote.maxFrameSize], ['them', 'there', 4096])
    assert.deepEqual([remote.channelMax, remote.idleTimeoutMs], [7, 60_000])
    assert.deepEqual(remote.offeredCapabilities, ['ANONYMOUS-RELAY'])
    assert.equal(remote.properties.get('product'), 'thing')
  })

  it('says about itself what it was told to', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({
      host: '127.0.0.1',
      port: server.port,
      containerId: 'me',
      hostname: 'vhost',
      channelMax: 3,
      maxFrameSize: 1024,
      properties: { product: 'x' },
    })
    const peer = await server.accept()
    const open = await peer.openAsServer()
    assert.deepEqual([open.containerId, open.hostname, open.channelMax, open.maxFrameSize], ['me', 'vhost', 3, 1024])
    assert.equal(open.properties?.get('product'), 'x')
    assert.equal(open.idleTimeOut, undefined)
    ;(await connecting).abort(new Error('done'))
  })

  it('that we close is closed without error once the peer agrees', async (t) => {
    const { connection, peer } = await openClient(t)
    const closing = connection.close()
    assert.equal(connection.isOpen, false)
    assert.equal((await peer.expect('close')).error, undefined)
    peer.send({ type: 'close' })
    await closing
    assert.equal(await connection.closed, undefined)
    await peer.expectEnd()
    await connection.close()
  })

  it('carries our reason in its Close', async (t) => {
    const { connection, peer } = await openClient(t)
    const closing = connection.close({ condition: 'amqp:connection:forced', description: 'enough' })
    assert.deepEqual((await peer.expect('close')).error, {
      condition: 'amqp:connection:forced',
      description: 'enough',
      info: undefined,
    })
    peer.send({ type: 'close' })
    await closing
  })

  it('that the peer closes is answered, and the reason is told with all that the peer gave', async (t) => {
    const { connection, peer } = await openClient(t)
    const info = new Map([['network-host', 'elsewhere']])
    peer.send({ type: 'close', error: { condition: 'amqp:connection:redirect', description: 'go there', info } })
    await peer.expect('close')
    const error = await connection.closed
    assert.equal(error?.origin, 'remote')
    assert.equal(error?.condition, 'amqp:connection:redirect')
    assert.equal(error?.description, 'go there')
    assert.equal(error?.info?.get('network-host'), 'elsewhere')
    await connection.close()
  })

  it('that both ends close at once is closed without error', async (t) => {
    const { connection, peer } = await openClient(t)
    peer.send({ type: 'close' })
    const closing = connection.close()
    await closing
    assert.equal((await peer.expect('close')).error, undefined)
  })

  it('may be opened and closed in one breath', async (t) => {
    const listener = await startListener(t)
    const peer = await dial(t, listener.port)
    peer.sendHeader()
    peer.sendAll({ type: 'open', containerId: 'brief' }, { type: 'close' })
    await peer.expectHeader()
    await peer.expect('open')
    await peer.expect('close')
    await peer.expectEnd()
  })

  it('that is closed by the peer in answer to the Open is refused with the reason', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port })
    const refused = assert.rejects(
      connecting.then((c) => c.closed).then((e) => Promise.reject(e)),
      {
        condition: 'amqp:not-found',
        origin: 'remote',
      },
    )
    const peer = await server.accept()
    peer.sendHeader()
    peer.sendAll({ type: 'open', containerId: 'x' }, { type: 'close', error: { condition: 'amqp:not-found' } })
    await refused
  })

  it('tells when the peer vanishes, and fails what was under way', async (t) => {
    const { connection, peer, session, sender } = await attachedSender(t, 1)
    const sending = sender.send(bodyOf('x'))
    const lost = assert.rejects(sending, { name: 'SendError', origin: 'parent', message: /connection was lost/ })
    await peer.expect('transfer')
    peer.socket.destroy()
    const error = await connection.closed
    assert.equal(error?.origin, 'remote')
    assert.equal((await session.closed)?.cause, error)
    assert.equal((await sender.closed)?.origin, 'parent')
    await lost
    await assert.rejects(connection.openSession(), { name: 'SessionError', origin: 'parent', cause: error })
    await assert.rejects(session.attachSender({}), { name: 'LinkError', origin: 'parent' })
    await assert.rejects(sender.send(bodyOf('x')), { name: 'LinkError' })
  })

  it('writes what was submitted under credit before its Close, and nothing after it', async (t) => {
    const { connection, peer, sender } = await attachedSender(t, 1)
    const [first, second] = [new Reported(), new Reported()]
    sender.submit(bodyOf('a'), { settled: true }, first)
    sender.submit(bodyOf('b'), { settled: false }, second)
    const closing = connection.close()
    await peer.expect('transfer')
    await peer.expect('close')
    peer.send({
      type: 'flow',
      nextIncomingId: 1,
      incomingWindow: 9,
      nextOutgoingId: 0,
      outgoingWindow: 9,
      handle: 0,
      deliveryCount: 1,
      linkCredit: 5,
    })
    peer.send({ type: 'close' })
    await closing
    await peer.expectEnd()
    assert.deepEqual(first.calls, ['sent'])
    assert.deepEqual(second.calls, [{ failed: 'parent', sent: false }])
  })

  it('stops transferring at its Close, however much waits for a slow peer', async (t) => {
    const { connection, peer, sender } = await attachedSender(t, 1)
    peer.socket.pause()
    const told = new Reported()
    sender.submit(Buffer.alloc(8_000_000), { settled: false }, told)
    await until(() => connection.output.writable === false)
    const closing = connection.close()
    peer.socket.resume()
    await peer.expectLater('close')
    peer.send({ type: 'close' })
    await closing
    await peer.expectEnd()
    assert.deepEqual(told.calls, [{ failed: 'parent', sent: true }])
  })

  it('closes in its time when the peer never answers', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { connection, peer } = await openClient(t)
    const closing = connection.close()
    await until(() => peer.log.some((frame) => frame.type === 'close'))
    const ticking = setInterval(() => t.mock.timers.tick(1000), 1)
    t.mock.method(performance, 'now', () => Number.MAX_SAFE_INTEGER / 2)
    await closing
    clearInterval(ticking)
    assert.equal(connection.isOpen, false)
  })

  it('that is aborted is gone at once, with the reason', async (t) => {
    const { connection, peer } = await openSession(t)
    const reason = new Error('no time')
    connection.abort(reason)
    assert.equal((await connection.closed)?.cause, reason)
    await peer.expectEnd()
  })

  it('that is aborted by a handler hands over nothing more', async (t) => {
    const seen: string[] = []
    const listener = await startListener(t, {
      onLink: (request) => {
        seen.push(request.name)
        request.connection.abort(new Error('first'))
      },
    })
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    await peer.beginAsClient()
    peer.sendAll(
      { type: 'attach', name: 'a', handle: 0, role: true, source: { address: 'x' } },
      { type: 'attach', name: 'b', handle: 1, role: true, source: { address: 'x' } },
    )
    await peer.expectEnd()
    assert.deepEqual(seen, ['a'])
  })

  it('gives up a peer that provokes answers and never reads them', async (t) => {
    const listener = await startListener(t)
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    await peer.beginAsClient()
    const [connection] = listener.connections
    assert(connection)
    peer.socket.pause()
    const echo = {
      type: 'flow',
      nextIncomingId: 0,
      incomingWindow: 9,
      nextOutgoingId: 0,
      outgoingWindow: 9,
      echo: true,
    } as const
    const flood = Buffer.concat(Array.from({ length: 20_000 }, () => frameBytes(echo)))
    let gone = false
    void connection.closed.then(() => {
      gone = true
    })
    while (!gone) {
      if (!peer.socket.write(flood))
        await Promise.race([new Promise((r) => peer.socket.once('drain', r)), connection.closed])
    }
    assert.match((await connection.closed)?.message ?? '', /the peer does not read: \d+ bytes wait for it/)
  })

  it('is open for two clients at a time, each with its own sessions', async (t) => {
    const listener = await startListener(t)
    const [a, b] = [await dial(t, listener.port), await dial(t, listener.port)]
    for (const peer of [a, b]) {
      await peer.openAsClient()
      await peer.beginAsClient()
    }
    assert.equal(listener.connections.size, 2)
    a.socket.destroy()
    await until(() => listener.connections.size === 1)
    b.send({ type: 'close' })
    await b.expect('close')
  })
})

describe('what was handed over before a connection is lost', () => {
  it('counts as sent only when it had been handed to the socket', async (t) => {
    const { connection, sender } = await attachedSender(t, 10)
    const told = new Reported()
    sender.submit(bodyOf('x'), { settled: false }, told)
    connection.abort(new Error('now'))
    await connection.closed
    await until(() => told.calls.length > 0)
    assert.deepEqual(told.calls, [{ failed: 'parent', sent: false }])
  })

  it('counts as sent when it was, and as not sent when it waited for credit', async (t) => {
    const opened = await attachedSender(t, 1)
    const other = await addSender(opened, 0)
    const [a, b] = [new Reported(), new Reported()]
    opened.sender.submit(bodyOf('x'), { settled: false }, a)
    other.submit(bodyOf('y'), { settled: false }, b)
    await opened.peer.expect('transfer')
    opened.connection.abort(new Error('now'))
    await opened.connection.closed
    await until(() => a.calls.length > 1 && b.calls.length > 0)
    assert.deepEqual(a.calls, ['sent', { failed: 'parent', sent: true }])
    assert.deepEqual(b.calls, [{ failed: 'parent', sent: false }])
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { listen } from '../../../src/amqp/listener.ts'
import type { RefusedConnection } from '../../../src/amqp/refused-connection.ts'
import { assertServes, clientOf, startListener, until } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { dial } from '../../support/scripted-peer.ts'

describe('a listener', () => {
  it('tells of connections that open and end', async (t) => {
    const events: unknown[] = []
    const listener = await startListener(t, {
      onConnection: (connection) => events.push(['open', connection.remote.containerId]),
      onConnectionClosed: (_, error) => events.push(['closed', error?.name]),
    })
    assert(listener.port > 0)
    const [a, b] = [await clientOf(t, listener), await clientOf(t, listener)]
    assert.equal(listener.connections.size, 2)
    a.socket.destroy()
    await until(() => listener.connections.size === 1)
    b.send({ type: 'close' })
    await until(() => listener.connections.size === 0)
    assert.deepEqual(events, [
      ['open', 'scripted'],
      ['open', 'scripted'],
      ['closed', 'ConnectionError'],
      ['closed', 'ConnectionError'],
    ])
  })

  it('reports what its handlers throw and goes on', async (t) => {
    const defects = defectsOf(t)
    const listener = await startListener(t, {
      onConnection: () => {
        throw new Error('mine')
      },
      onConnectionClosed: async () => {
        throw new Error('mine')
      },
    })
    await assertServes(t, listener)
    await until(() => defects.length === 2)
  })

  it('takes no more connections than it may', async (t) => {
    const listener = await startListener(t, { maxConnections: 1 })
    const first = await clientOf(t, listener)
    const second = await dial(t, listener.port)
    await second.expectEnd()
    first.send({ type: 'close' })
    await first.expect('close')
    await once(first.socket, 'close')
    await until(() => listener.connections.size === 0)
    await assertServes(t, listener)
  })

  it('tells who has not come in, and why', async (t) => {
    const refused: RefusedConnection[] = []
    const listener = await startListener(t, {
      maxConnections: 1,
      onRefused: (one) => refused.push(one),
      sasl: { authenticate: (_, user, password) => user === 'ann' && password === 'secret', mechanisms: ['PLAIN'] },
    })
    const { port } = listener
    await assert.rejects(connect({ port, host: '127.0.0.1', sasl: { username: 'eve', password: 'guess' } }))
    await until(() => refused.length === 1)
    const first = await connect({ port, host: '127.0.0.1', sasl: { username: 'ann', password: 'secret' } })
    await assert.rejects(connect({ port, host: '127.0.0.1', sasl: { username: 'ann', password: 'secret' } }))
    await until(() => refused.length === 2)
    await first.close()
    await until(() => listener.connections.size === 0)
    const silent = await dial(t, port)
    silent.socket.destroy()
    await until(() => refused.length === 3)
    assert.deepEqual(
      refused.map(({ error, mechanism, username }) => [error.name, mechanism, username]),
      [
        ['SaslError', 'PLAIN', 'eve'],
        ['ConnectionError', undefined, undefined],
        ['ConnectionError', undefined, undefined],
      ],
    )
    for (const { remoteAddress } of refused) assert.match(remoteAddress, /^127\.0\.0\.1:\d+$/)
    assert.ok(!JSON.stringify(refused).includes('guess'))
  })

  it('cuts off who does not open in time', async (t) => {
    const listener = await startListener(t, { handshakeTimeoutMs: 50 })
    const silent = await dial(t, listener.port)
    const halfway = await dial(t, listener.port)
    halfway.sendHeader()
    await silent.expectEnd()
    await halfway.expectHeader()
    await halfway.expectEnd()
    await assertServes(t, listener)
  })

  it('that is closed closes its connections in order and listens no more', async (t) => {
    const listener = await listen()
    const peer = await clientOf(t, listener)
    const halfway = await dial(t, listener.port)
    const closing = listener.close()
    const close = await peer.expect('close')
    assert.deepEqual([close.error?.condition, close.error?.description], ['amqp:connection:forced', 'shutting down'])
    peer.send({ type: 'close' })
    await closing
    await halfway.expectEnd()
    await listener.close()
    const late = connectTcp({ host: '127.0.0.1', port: listener.port })
    const [error] = await once(late, 'error')
    assert.equal(error.code, 'ECONNREFUSED')
  })

  it('says why it cannot listen', async (t) => {
    const { port } = await startListener(t)
    await assert.rejects(listen({ port }), {
      name: 'ConnectionError',
      message: new RegExp(`cannot listen on 127.0.0.1:${port}, .*EADDRINUSE`),
    })
    await assert.rejects(listen({ port: 70_000 }), RangeError)
    await assert.rejects(listen({ properties: { broken: Symbol('x') as unknown as string } }), { code: 'AMQP_ENCODE' })
  })
})

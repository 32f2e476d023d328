import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IdleTimeout } from '../../../src/amqp/idle-timeout.ts'
import { openClient, startListener, until } from '../../support/amqp-fixtures.ts'
import { dial } from '../../support/scripted-peer.ts'

class Wire {
  received = 0
  written = 0
  empty = 0
  sendEmptyFrame(): void {
    this.empty += 1
    this.written += 1
  }
}

describe('the idle time-out', () => {
  it('ends a connection on which nothing comes, never before its time and at most a quarter after', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const wire = new Wire()
    let ended = 0
    const idle = new IdleTimeout(wire, 1000, 0, () => ended++)
    t.mock.timers.tick(600)
    wire.received += 1
    t.mock.timers.tick(1000)
    assert.equal(ended, 0)
    t.mock.timers.tick(400)
    assert(ended > 0)
    idle.stop()
  })

  it('never ends one on which something comes in time', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const wire = new Wire()
    const idle = new IdleTimeout(wire, 1000, 0, () => assert.fail('ended'))
    for (let n = 0; n < 20; n++) {
      t.mock.timers.tick(900)
      wire.received += 1
    }
    idle.stop()
    t.mock.timers.tick(10_000)
  })

  it("sends an empty frame at least every half of the peer's time-out, and none when there is traffic", (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const wire = new Wire()
    const idle = new IdleTimeout(wire, 0, 1000, () => assert.fail('ended'))
    for (let n = 0; n < 10; n++) {
      const before = wire.empty
      t.mock.timers.tick(500)
      assert(wire.empty > before)
    }
    const quiet = wire.empty
    for (let n = 0; n < 40; n++) {
      wire.written += 1
      t.mock.timers.tick(250)
    }
    assert.equal(wire.empty, quiet)
    idle.stop()
  })

  it('is advertised as half of what we wait for', async (t) => {
    const listener = await startListener(t, { idleTimeoutMs: 3001 })
    const peer = await dial(t, listener.port)
    assert.equal((await peer.openAsClient()).idleTimeOut, 1501)
  })

  it('keeps the connection alive for the peer', async (t) => {
    const { peer } = await openClient(t, {}, { idleTimeOut: 100 })
    await peer.expectEmptyFrame()
    await peer.expectEmptyFrame()
  })

  it('tells a silent peer why it is cut off', async (t) => {
    const { connection, peer } = await openClient(t, { idleTimeoutMs: 100 })
    const close = await peer.expectLater('close')
    assert.equal(close.error?.condition, 'amqp:resource-limit-exceeded')
    assert.equal(close.error?.description, 'nothing was received for 100 ms')
    const error = await connection.closed
    assert.equal(error?.origin, 'local')
    assert.match(error?.message ?? '', /nothing was received for 100 ms/)
  })

  it('of zero is none', async (t) => {
    const { connection } = await openClient(t, {}, { idleTimeOut: 0 })
    assert.equal(connection.remote.idleTimeoutMs, 0)
    t.mock.timers.enable({ apis: ['setInterval'] })
    const wire = new Wire()
    const idle = new IdleTimeout(wire, 0, 0, () => assert.fail('ended'))
    t.mock.timers.tick(1_000_000)
    assert.equal(wire.empty, 0)
    idle.stop()
  })

  it('of less than 100 ms is refused to the peer', async (t) => {
    const listener = await startListener(t)
    const peer = await dial(t, listener.port)
    peer.sendHeader()
    peer.send({ type: 'open', containerId: 'hasty', idleTimeOut: 99 })
    const close = await peer.expectLater('close')
    assert.equal(close.error?.condition, 'amqp:invalid-field')
    assert.match(close.error?.description ?? '', /open\.idle-time-out: expected at least 100 ms, found 99/)
    await until(() => listener.connections.size === 0)
  })
})

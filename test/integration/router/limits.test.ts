// What a peer may take of a router, and what happens beyond.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LinkError, type Sender } from '../../../src/amqp/index.ts'
import { Bus, message, until } from './bus.ts'

const beyond = (error: unknown) => error instanceof LinkError && error.condition === 'amqp:resource-limit-exceeded'
const onDelivery = (): void => {}

describe('a router with a limit', () => {
  it('of addresses refuses links to others, and takes them when there is room again', async (t) => {
    const bus = await Bus.start(t, { maxAddresses: 2 })
    const connection = await bus.connect()
    const first = await bus.sender({ address: 'a' }, connection)
    await bus.receiver({ source: { dynamic: true }, onDelivery }, connection)
    await assert.rejects(bus.sender({ address: 'b' }, connection), beyond)
    await assert.rejects(bus.receiver({ address: 'b', onDelivery }, connection), beyond)
    await assert.rejects(bus.receiver({ source: { dynamic: true }, onDelivery }, connection), beyond)
    await assert.rejects(bus.sender({ address: 'b' }, await bus.connect({ hostname: 'another' })), beyond)
    const receiver = await bus.receiver({ address: 'a', onDelivery })
    assert.equal(bus.router.counters.addresses, 2)
    await first.detach()
    await assert.rejects(bus.sender({ address: 'b' }, connection), beyond, 'a receiver is left on the first')
    await receiver.detach()
    await bus.sender({ address: 'b' }, connection)
  })

  it('of addresses is not worn down by peers that come and go', async (t) => {
    const bus = await Bus.start(t, { maxAddresses: 3 })
    for (let n = 0; n < 10; n++) {
      const connection = await bus.connect({ hostname: n % 2 === 0 ? 'even' : 'odd' })
      for (const address of ['a', 'b']) await bus.sender({ address: `${address}${n}` }, connection)
      await bus.receiver({ source: { dynamic: true }, onDelivery }, connection)
      connection.abort(new Error('lost'))
      await until(() => bus.router.counters.connections === 0)
      assert.equal(bus.router.counters.addresses, 0)
    }
  })

  it('of links refuses more of them, and goes on with those that it has', async (t) => {
    const bus = await Bus.start(t, { maxLinks: 2 })
    const connection = await bus.connect()
    const collector = await bus.collector({ address: 'a' }, connection)
    const sender = await bus.sender({ address: 'a' }, connection)
    await assert.rejects(bus.sender({ address: 'b' }, connection), beyond)
    assert.equal((await sender.send(message('m'))).type, 'accepted')
    assert.deepEqual(collector.texts, ['m'])
    await bus.sender({ address: 'b' })
  })

  it('of sessions leaves no channel for more of them', async (t) => {
    const bus = await Bus.start(t, { channelMax: 1 })
    const connection = await bus.connect()
    await connection.openSession()
    await connection.openSession()
    await assert.rejects(connection.openSession(), { code: 'AMQP_SESSION', condition: 'amqp:resource-limit-exceeded' })
  })

  it('of connections closes more of them', async (t) => {
    const bus = await Bus.start(t, { maxConnections: 1 })
    const first = await bus.connect()
    await assert.rejects(bus.connect(), { code: 'AMQP_CONNECTION' })
    await first.close()
    await until(() => bus.router.counters.connections === 0)
    assert.ok(await bus.connect())
  })

  it('of message size ends the link that sends a larger one', async (t) => {
    const bus = await Bus.start(t, { maxMessageSize: 1_000 })
    await bus.collector({ address: 'a' })
    const sender = await bus.sender({ address: 'a' })
    await assert.rejects(sender.send(message('x'.repeat(2_000))), /1000/)
  })

  it('of unsettled messages shares them among the senders of a connection', async (t) => {
    const bus = await Bus.start(t, { maxUnsettled: 100 })
    const connection = await bus.connect()
    await bus.receiver({ address: 'a', creditWindow: 1_000, onDelivery })
    const senders: Sender[] = []
    for (let n = 0; n < 4; n++) senders.push(await bus.sender({ address: 'a' }, connection))
    const another = await bus.sender({ address: 'a' })
    await until(() => [...senders, another].every(({ credit }) => credit > 0))
    assert.deepEqual(
      senders.map(({ credit }) => credit),
      [100, 50, 33, 25],
    )
    assert.equal(another.credit, 100)
  })
})

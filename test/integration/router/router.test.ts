import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect, type Delivery, SaslError } from '../../../src/amqp/index.ts'
import { startRouter } from '../../../src/router/index.ts'
import { Bus, message, until } from './bus.ts'

describe('closing a router', () => {
  it('waits for the messages in flight', async (t) => {
    const bus = await Bus.start(t, { drainTimeoutMs: 30_000 })
    const deliveries: Delivery[] = []
    await bus.receiver({ address: 'x', onDelivery: (delivery) => void deliveries.push(delivery) })
    const sender = await bus.sender({ address: 'x' })
    const outcome = sender.send(message('m'))
    await until(() => deliveries.length === 1)
    const closed = bus.router.close()
    assert.equal((await sender.send(message('late'))).type, 'released')
    await assert.rejects(bus.sender({ address: 'x' }), { condition: 'amqp:link:detach-forced' })
    deliveries[0]?.accept()
    assert.equal((await outcome).type, 'accepted')
    await closed
    assert.equal((await sender.connection.closed)?.condition, 'amqp:connection:forced')
  })

  it('does not wait for ever', async (t) => {
    const bus = await Bus.start(t, { drainTimeoutMs: 20 })
    await bus.receiver({ address: 'x', onDelivery: () => {} })
    const sender = await bus.sender({ address: 'x' })
    const outcome = assert.rejects(sender.send(message('m')), { code: 'AMQP_SEND' })
    await until(() => bus.router.counters.inFlight === 1)
    await bus.router.close()
    await outcome
  })

  it('can be done twice, and by leaving a scope', async () => {
    let port: number
    {
      await using router = await startRouter()
      port = router.port
      await Promise.all([router.close(), router.close()])
    }
    await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'AMQP_CONNECTION' })
  })
})

describe('starting a router', () => {
  it('fails with an error of its own when the port is taken', async (t) => {
    const bus = await Bus.start(t)
    await assert.rejects(startRouter({ port: bus.router.port }), {
      name: 'RouterListenError',
      code: 'ROUTER_LISTEN',
      message: new RegExp(`^the router cannot listen on 127.0.0.1:${bus.router.port}, .*in use`),
    })
  })

  it('is refused beyond the loopback without authentication', async () => {
    await assert.rejects(startRouter({ host: '0.0.0.0' }), { code: 'ROUTER_UNPROTECTED' })
  })

  it('lets in whom its users list knows', async (t) => {
    const authenticate = (_mechanism: string, username: string, password: string): boolean =>
      username === 'u' && password === 'p'
    const bus = await Bus.start(t, { sasl: { authenticate } })
    await bus.connect({ sasl: { username: 'u', password: 'p' } })
    await assert.rejects(bus.connect({ sasl: { username: 'u', password: 'x' } }), SaslError)
    await assert.rejects(bus.connect(), { code: 'AMQP_SASL' })
  })
})

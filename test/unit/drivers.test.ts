import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it } from 'node:test'
import {
  createTransport,
  DriverLoadFailureError,
  InvalidArgumentError,
  InvalidTransportUrlError,
  MessagingTimeoutError,
  OptionError,
  RpcClient,
  serveRpc,
} from '../../src/index.ts'

const target = { topic: 'compute', server: 'node-1' }

describe('createTransport', () => {
  it('connects nothing before it is used', async () => {
    for (const url of ['amqp://localhost:1', 'amqps://localhost:1', 'amqp+extra://localhost:1', 'memory://']) {
      const transport = createTransport(url)
      await transport.close()
    }
  })

  it('speaks AMQP 1.0 for amqp://, whatever stands behind a +', async (t) => {
    let heard: string[] = []
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (bytes) => {
        heard.push(bytes.subarray(0, 8).toString('latin1'))
        socket.destroy()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    for (const scheme of ['amqp', 'amqp+extra']) {
      await using transport = createTransport(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`)
      const cast = new RpcClient(transport, target).cast({}, 'ping', {}, { retry: 0 })
      await assert.rejects(cast, { code: 'MESSAGE_DELIVERY_FAILURE' })
      assert.equal(heard[0], 'AMQP\0\x01\0\0') // then with SASL, where the peer does not like it
      heard = []
    }
  })

  it('connects to port 5672, and for amqps:// to 5671', async () => {
    for (const [url, port] of [
      ['amqp://host.invalid', 5672],
      ['amqps://host.invalid', 5671],
      ['amqps://host.invalid:5672', 5672],
    ] as const) {
      await using transport = createTransport(url)
      const cast = new RpcClient(transport, target).cast({}, 'ping', {}, { retry: 0 })
      await assert.rejects(cast, { code: 'MESSAGE_DELIVERY_FAILURE', message: new RegExp(`host.invalid:${port}\\b`) })
    }
  })

  for (const [url, explanation] of [
    ['rabbit://h', /AMQP 0-9-1.*amqp:\/\//],
    ['kombu://h', /AMQP 0-9-1/],
    ['kafka://h', /Kafka/],
    ['fake://', /memory:\/\//],
    ['zmq://h', /amqp:\/\/, amqps:\/\/, memory:\/\//],
    ['host:5672', /there is none of that name/],
    ['constructor://h', /there is none of that name/],
  ] as const) {
    it(`explains why there is no driver for ${url}`, () => {
      assert.throws(
        () => createTransport(url),
        (error) => error instanceof DriverLoadFailureError && explanation.test(error.message),
      )
    })
  }

  it('refuses what is no url', () => {
    assert.throws(() => createTransport('nothing'), InvalidTransportUrlError)
  })

  it('refuses options that the driver does not have, or values that they cannot have', () => {
    for (const [url, options, code] of [
      ['memory://x?idle_timeout=5', undefined, 'OPTION_UNKNOWN'],
      ['memory://x', { idle_timeout: 5 }, 'OPTION_UNKNOWN'],
      ['amqp://h?nosuch=5', undefined, 'OPTION_UNKNOWN'],
      ['amqp://h?idle_timeout=long', undefined, 'OPTION_INVALID'],
      ['amqp://h', { nosuch: 5 }, 'OPTION_UNKNOWN'],
    ] as const) {
      assert.throws(
        () => createTransport(url, { options }),
        (error) =>
          error instanceof InvalidArgumentError &&
          error.cause instanceof OptionError &&
          error.cause.code === code &&
          error.message === error.cause.message,
        url,
      )
    }
    for (const options of ['idle_timeout=5', null, ['idle_timeout']])
      assert.throws(() => createTransport('amqp://h', { options: options as never }), InvalidArgumentError)
  })

  it('shows its url without the password', async () => {
    await using transport = createTransport('memory://joe:hunter2@name/v')
    assert.equal(transport.url, 'memory://joe:***@name/v')
  })

  it('lets transports of one memory url reach each other, and no others', async () => {
    await using one = createTransport('memory://name')
    await using same = createTransport('memory://name')
    await using otherHost = createTransport('memory://other')
    await using otherVirtualHost = createTransport('memory://name/other')
    await using server = await serveRpc(one, target, [{ ping: () => 'pong' }])
    assert.ok(server)
    assert.equal(await new RpcClient(same, target).call({}, 'ping'), 'pong')
    for (const stranger of [otherHost, otherVirtualHost]) {
      await assert.rejects(
        new RpcClient(stranger, target).call({}, 'ping', {}, { timeoutMs: 20 }),
        MessagingTimeoutError,
      )
    }
  })

  it('uses the control exchange for targets that name none', async () => {
    await using transport = createTransport('memory://exchanges')
    await using other = createTransport('memory://exchanges', { controlExchange: 'nova' })
    await using server = await serveRpc(other, target, [{ ping: () => 'nova' }])
    assert.ok(server)
    assert.equal(await new RpcClient(transport, { ...target, exchange: 'nova' }).call({}, 'ping'), 'nova')
    await assert.rejects(
      new RpcClient(transport, target).call({}, 'ping', {}, { timeoutMs: 20 }),
      MessagingTimeoutError,
    )
  })

  it('brings errors to life that the application allows', async () => {
    class QuotaError extends Error {
      static readonly osloClass = { module: 'app' }
    }
    await using transport = createTransport('memory://errors', { allowedRemoteErrors: [QuotaError] })
    const endpoint = {
      boom() {
        throw new QuotaError('no more')
      },
    }
    await using server = await serveRpc(transport, target, [endpoint])
    assert.ok(server)
    await assert.rejects(new RpcClient(transport, target).call({}, 'boom'), QuotaError)
  })
})

// Client and server together over the memory driver: what oslo's own tests do with its fake one.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  DriverClosedError,
  InvalidArgumentError,
  InvalidTargetError,
  MessagingTimeoutError,
} from '../../../src/messaging/errors.ts'
import { MemoryBus } from '../../../src/messaging/memory-bus.ts'
import { MemoryDriver } from '../../../src/messaging/memory-driver.ts'
import { type AllowedRemoteErrors, RemoteError, remoteErrorRegistry } from '../../../src/messaging/remote-errors.ts'
import { NoOpSerializer } from '../../../src/messaging/serializer.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { RpcClient } from '../../../src/rpc/client.ts'
import { expectedErrors, type RpcEndpoint } from '../../../src/rpc/endpoint.ts'
import type { RpcArgs } from '../../../src/rpc/request.ts'
import type { RpcCall } from '../../../src/rpc/rpc-call.ts'
import { type FailedRequest, type RpcServer, type RpcServerOptions, serveRpc } from '../../../src/rpc/server.ts'

function openTransport(
  t: TestContext,
  allowedRemoteErrors: AllowedRemoteErrors = [],
  bus = new MemoryBus(),
): Transport {
  const context = {
    controlExchange: 'openstack',
    options: {},
    allowedRemoteErrors: remoteErrorRegistry(allowedRemoteErrors),
  }
  const transport = new Transport(parseTransportUrl('memory://'), new MemoryDriver(bus, context))
  t.after(() => transport.close())
  return transport
}

const target = { topic: 'compute', server: 'node-1' }

async function start(
  t: TestContext,
  endpoint: RpcEndpoint,
  options: RpcServerOptions = {},
): Promise<{ client: RpcClient; server: RpcServer; transport: Transport }> {
  const transport = openTransport(t)
  const server = await serveRpc(transport, target, [endpoint], options)
  return { client: new RpcClient(transport, { topic: 'compute' }), server, transport }
}

/** A promise and its resolve function. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

const remote =
  (excType: string, module = 'builtins') =>
  (error: unknown) =>
    error instanceof RemoteError && error.excType === excType && error.module === module

describe('an RPC server', () => {
  for (const value of [null, 0, false, '', [], {}, 'text', { a: [1] }]) {
    it(`returns ${JSON.stringify(value)} as it is`, async (t) => {
      const { client } = await start(t, { echo: (_: unknown, args: RpcArgs) => args.value })
      assert.deepEqual(await client.call({}, 'echo', { value }), value)
    })
  }

  it('returns null for a method that returns nothing', async (t) => {
    const { client } = await start(t, { nothing() {} })
    assert.equal(await client.call({}, 'nothing'), null)
  })

  it('gives a method its context, its arguments and its call', async (t) => {
    let call: RpcCall | undefined
    const endpoint = {
      look(context: object, args: RpcArgs, given: RpcCall) {
        call = given
        return [context, args]
      },
    }
    const { client } = await start(t, endpoint)
    assert.deepEqual(await client.call({ user: 'u' }, 'look', { a: 1 }, { timeoutMs: 5000 }), [{ user: 'u' }, { a: 1 }])
    assert.equal(call?.method, 'look')
    assert.equal(call?.expectsReply, true)
    assert.ok((call?.remainingMs ?? 0) > 0)
  })

  it('runs casts in order, and answers none', async (t) => {
    const seen: unknown[] = []
    const all = gate()
    const endpoint = {
      note(_: unknown, { value }: RpcArgs, call: RpcCall) {
        seen.push(value, call.expectsReply)
        if (value === 2) all.open()
      },
    }
    const { client } = await start(t, endpoint)
    await client.cast({}, 'note', { value: 1 })
    await client.cast({}, 'note', { value: 2 })
    await all.opened
    assert.deepEqual(seen, [1, false, 2, false])
  })

  describe('failing', () => {
    class QuotaError extends Error {
      static readonly osloClass = { module: 'app' }
    }

    const endpoint = {
      boom() {
        throw new RangeError('too far')
      },
      async later() {
        throw new QuotaError('no more')
      },
      text() {
        throw 'only a text'
      },
      unsendable() {
        return { callback: () => {} }
      },
      find: expectedErrors(QuotaError)(() => {
        throw new QuotaError('expected')
      }),
    }

    it('tells the caller what a method threw', async (t) => {
      const { client } = await start(t, endpoint)
      await assert.rejects(client.call({}, 'boom'), remote('ValueError'))
      await assert.rejects(client.call({}, 'later'), remote('QuotaError', 'app'))
      await assert.rejects(client.call({}, 'text'), remote('Exception'))
    })

    it('tells the caller that there is no such method, version or namespace', async (t) => {
      const { client } = await start(t, endpoint)
      const dispatcher = 'oslo_messaging.rpc.dispatcher'
      await assert.rejects(client.call({}, 'nosuch'), remote('NoSuchMethod', dispatcher))
      await assert.rejects(
        client.prepare({ version: '2.0' }).call({}, 'boom'),
        remote('UnsupportedVersion', dispatcher),
      )
      await assert.rejects(
        client.prepare({ namespace: 'x' }).call({}, 'boom'),
        remote('UnsupportedVersion', dispatcher),
      )
    })

    it('tells the caller that a result cannot be sent, instead of letting it wait', async (t) => {
      const { client } = await start(t, endpoint)
      await assert.rejects(client.call({}, 'unsendable', {}, { timeoutMs: 20_000 }), remote('TypeError'))
    })

    it('tells the caller what the result itself threw when it was to be written as JSON', async (t) => {
      class LockedError extends Error {}
      const { client } = await start(t, {
        locked: () => ({
          toJSON() {
            throw new LockedError('not now')
          },
        }),
      })
      await assert.rejects(client.call({}, 'locked', {}, { timeoutMs: 20_000 }), remote('LockedError', 'javascript'))
    })

    it('brings the error to life as a class that the client allows', async (t) => {
      const bus = new MemoryBus()
      await serveRpc(openTransport(t, [], bus), target, [endpoint])
      const client = new RpcClient(openTransport(t, [QuotaError], bus), { topic: 'compute' })
      await assert.rejects(
        client.call({}, 'later'),
        (error) => error instanceof QuotaError && error.message === 'no more',
      )
    })

    it('sends no stack unless asked to', async (t) => {
      const { client } = await start(t, endpoint)
      await assert.rejects(
        client.call({}, 'boom'),
        (error) => error instanceof RemoteError && error.traceback.length === 0,
      )
      const open = await start(t, endpoint, { sendTraceback: true })
      await assert.rejects(
        open.client.call({}, 'boom'),
        (error) => error instanceof RemoteError && error.traceback.length > 1,
      )
    })

    it('reports errors to onError, except those that the method expects', async (t) => {
      const reports: [unknown, FailedRequest][] = []
      const { client } = await start(t, endpoint, { onError: (...report) => reports.push(report) })
      await client.call({}, 'boom').catch(() => {})
      await client.call({}, 'find').catch(() => {})
      await client.call({}, 'nosuch').catch(() => {})
      assert.deepEqual(
        reports.map(([error]) => String(error)),
        ['RangeError: too far', 'NoSuchMethodError: Endpoint does not support RPC method nosuch'],
      )
      assert.deepEqual(reports[0]?.[1], { method: 'boom', namespace: undefined, version: '1.0', expectsReply: true })
    })

    it('reports the error of a cast, which goes nowhere else', async (t) => {
      const reported = new Promise<unknown>((resolve) => {
        void start(t, endpoint, { onError: resolve }).then(({ client }) => client.cast({}, 'boom'))
      })
      assert.ok((await reported) instanceof RangeError)
    })

    it('answers also when onError throws', async (t) => {
      t.mock.method(process, 'emitWarning', () => {})
      const { client } = await start(t, endpoint, {
        onError() {
          throw new Error('in the log')
        },
      })
      await assert.rejects(client.call({}, 'boom'), remote('ValueError'))
    })

    it('refuses a request without a method, and goes on', async (t) => {
      const { client, transport } = await start(t, { ping: () => 'pong' })
      const call = transport.call({ topic: 'compute' }, { message: { args: {} }, context: {} }, { timeoutMs: 20_000 })
      await assert.rejects(call, remote('TypeError'))
      assert.equal(await client.call({}, 'ping'), 'pong')
    })
  })

  it('keeps a monitored call alive while its method runs, and only then', async (t) => {
    const { client } = await start(t, { slow: () => delay(500, 'done') })
    const options = { timeoutMs: 20_000, callMonitorTimeoutMs: 200 }
    assert.equal(await client.call({}, 'slow', {}, options), 'done')
    await assert.rejects(
      client.call({}, 'nosuch', {}, options),
      remote('NoSuchMethod', 'oslo_messaging.rpc.dispatcher'),
    )
  })

  it('runs no more methods at a time than it may', async (t) => {
    let running = 0
    let most = 0
    const endpoint = {
      async work() {
        running += 1
        most = Math.max(most, running)
        await delay(1)
        running -= 1
      },
    }
    const { client } = await start(t, endpoint, { concurrency: 3 })
    await Promise.all(Array.from({ length: 20 }, () => client.call({}, 'work')))
    assert.equal(most, 3)
  })

  it('answers pings when asked to, unless an endpoint does', async (t) => {
    const { client } = await start(t, {})
    await assert.rejects(
      client.call({}, 'oslo_rpc_server_ping'),
      remote('NoSuchMethod', 'oslo_messaging.rpc.dispatcher'),
    )
    const ping = await start(t, {}, { ping: true })
    assert.equal(await ping.client.call({}, 'oslo_rpc_server_ping'), 'pong')
    const own = await start(t, { oslo_rpc_server_ping: () => 'own' }, { ping: true })
    assert.equal(await own.client.call({}, 'oslo_rpc_server_ping'), 'own')
  })

  it('applies its serializer to context, arguments and result', async (t) => {
    class Tagging extends NoOpSerializer {
      override deserializeEntity(_: unknown, entity: unknown): unknown {
        return `d${String(entity)}`
      }
      override serializeEntity(_: unknown, entity: unknown): unknown {
        return `s${String(entity)}`
      }
    }
    const echo = (_: unknown, { value }: RpcArgs): unknown => value
    const { client, transport } = await start(t, { echo }, { serializer: new Tagging() })
    assert.equal(await client.call({}, 'echo', { value: 'foo' }), 'sdfoo')
    const both = new RpcClient(transport, { topic: 'compute' }, { serializer: new Tagging() })
    assert.equal(await both.call({}, 'echo', { value: 'foo' }), 'dsdsfoo')
  })

  describe('stopping', () => {
    it('lets running methods finish and answer', async (t) => {
      const begun = gate()
      const end = gate()
      const endpoint = {
        async work() {
          begun.open()
          await end.opened
          return 'done'
        },
      }
      const { client, server } = await start(t, endpoint)
      const call = client.call({}, 'work')
      await begun.opened
      const stopped = server.stop()
      end.open()
      assert.equal(await call, 'done')
      assert.deepEqual(await stopped, { done: 1, released: 0, lost: 0 })
    })

    it('gives requests that have not started to another server', async (t) => {
      const begun = gate()
      const end = gate()
      const endpoint = {
        async work() {
          begun.open()
          await end.opened
          return 'first server'
        },
      }
      const { client, server, transport } = await start(t, endpoint, { concurrency: 1 })
      const first = client.call({}, 'work')
      await begun.opened
      const others = [client.call({}, 'work'), client.call({}, 'work')]
      await new Promise(setImmediate)
      const stopped = server.stop()
      await serveRpc(transport, { topic: 'compute', server: 'node-2' }, [{ work: () => 'second server' }])
      assert.deepEqual(await Promise.all(others), ['second server', 'second server'])
      end.open()
      assert.equal(await first, 'first server')
      assert.equal((await stopped).released, 2)
    })

    it('aborts the signal of methods that do not end in time', async (t) => {
      const begun = gate()
      const aborted = gate()
      const endpoint = {
        async work(_: unknown, __: unknown, call: RpcCall) {
          call.signal.addEventListener('abort', aborted.open)
          begun.open()
          await aborted.opened
        },
      }
      const { client, server } = await start(t, endpoint)
      const call = client.call({}, 'work')
      await begun.opened
      assert.deepEqual(await server.stop({ drainTimeoutMs: 0 }), { done: 0, released: 0, lost: 1 })
      await aborted.opened
      assert.equal(await call, null)
    })

    it('takes it off the bus', async (t) => {
      const { client, server } = await start(t, { ping: () => 'pong' })
      await server.close()
      await assert.rejects(client.call({}, 'ping', {}, { timeoutMs: 50 }), MessagingTimeoutError)
    })

    it('happens at the end of its block', async (t) => {
      const transport = openTransport(t)
      const client = new RpcClient(transport, { topic: 'compute' })
      {
        await using server = await serveRpc(transport, target, [{ ping: () => 'pong' }])
        assert.equal(await client.call({}, 'ping'), 'pong')
        assert.ok(server)
      }
      await assert.rejects(client.call({}, 'ping', {}, { timeoutMs: 50 }), MessagingTimeoutError)
    })
  })

  describe('starting', () => {
    it('needs a topic and a server', async (t) => {
      const transport = openTransport(t)
      const message = "A server's target must have topic and server names specified:<Target topic=t>"
      await assert.rejects(serveRpc(transport, { topic: 't' } as never, [{ ping: () => 'pong' }]), {
        name: 'InvalidTargetError',
        message,
      })
      await assert.rejects(serveRpc(transport, { server: 's' } as never, [{ ping: () => 'pong' }]), InvalidTargetError)
    })

    it('needs options that can be', async (t) => {
      const transport = openTransport(t)
      await assert.rejects(
        serveRpc(transport, target, [{ ping: () => 'pong' }], { concurrency: 0 }),
        InvalidArgumentError,
      )
      await assert.rejects(
        serveRpc(transport, target, [{ ping: () => 'pong' }], { accessPolicy: 'open' as never }),
        InvalidArgumentError,
      )
      await assert.rejects(serveRpc(transport, target, {} as never), InvalidArgumentError)
    })

    it('needs an open transport', async (t) => {
      const transport = openTransport(t)
      await transport.close()
      await assert.rejects(serveRpc(transport, target, [{ ping: () => 'pong' }]), DriverClosedError)
    })

    it('is given up by its signal', async (t) => {
      const reason = new Error('no longer')
      await assert.rejects(
        serveRpc(openTransport(t), target, [{ ping: () => 'pong' }], { signal: AbortSignal.abort(reason) }),
        reason,
      )
    })
  })
})

// What people mistype, wherever the API takes names, transports and numbers.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createTransport,
  InvalidArgumentError,
  listenForNotifications,
  NotificationFilter,
  Notifier,
  RpcClient,
  serveRpc,
} from '../../../src/index.ts'
import { durationMs, positiveInteger, retryCount } from '../../../src/messaging/options.ts'

const transport = createTransport('memory://names')
const target = { topic: 't', server: 's' }
const rpcEndpoint = { ping: () => 'pong' }
const listening = { info: () => undefined }
const notifier = new Notifier(transport, { publisherId: 'p' })

/** In plain JavaScript there are no types. */
const any = (value: unknown): never => value as never

describe('a misspelt name', () => {
  const cases: readonly (readonly [string, string, () => unknown])[] = [
    ['target of RpcClient', 'server', () => new RpcClient(transport, any({ topic: 't', sever: 's' }))],
    ['options of RpcClient', 'timeoutMs', () => new RpcClient(transport, target, any({ timeout: 5 }))],
    ['overrides of prepare', 'server', () => new RpcClient(transport, target).prepare(any({ sever: 's1' }))],
    ['options of call', 'timeoutMs', () => new RpcClient(transport, target).call({}, 'm', {}, any({ timeoutms: 5 }))],
    ['options of cast', 'signal', () => new RpcClient(transport, target).cast({}, 'm', {}, any({ signall: 5 }))],
    ['target of serveRpc', 'exchange', () => serveRpc(transport, any({ ...target, exchang: 'e' }), [rpcEndpoint])],
    ['options of serveRpc', 'concurrency', () => serveRpc(transport, target, [rpcEndpoint], any({ concurency: 5 }))],
    [
      'endpoints[0].target',
      'legacyNamespaces',
      () => serveRpc(transport, target, [any({ target: { legacy_namespaces: [] }, ping: () => 1 })]),
    ],
    ['options of Notifier', 'topics', () => new Notifier(transport, any({ publisherId: 'p', topic: 't' }))],
    ['overrides of prepare', 'publisherId', () => notifier.prepare(any({ publisherid: 'p' }))],
    ['options of a notification', 'messageId', () => notifier.info({}, 'e', {}, any({ message_id: 'm' }))],
    [
      'target of listenForNotifications',
      'topic',
      () => listenForNotifications(transport, [target, any({ topics: 't' })], [listening]),
    ],
    [
      'options of listenForNotifications',
      'allowRequeue',
      () => listenForNotifications(transport, target, [listening], any({ allowrequeue: true })),
    ],
    ['rules of NotificationFilter', 'eventType', () => new NotificationFilter(any({ event_type: 'x' }))],
    [
      'options of createTransport',
      'controlExchange',
      () => createTransport('memory://names', any({ controlexchange: 'e' })),
    ],
  ]
  for (const [place, meant, use] of cases) {
    it(`is refused in the ${place}, which could have ${meant}`, async () => {
      await assert.rejects(
        async () => await use(),
        (error) =>
          error instanceof InvalidArgumentError &&
          error.message.startsWith(`${place}: unknown name "`) &&
          error.message.endsWith(`"; did you mean "${meant}"?`),
      )
    })
  }

  it('is refused when a server is stopped, which can be done once more', async () => {
    const server = await serveRpc(transport, target, [rpcEndpoint])
    await assert.rejects(server.stop(any({ drainTimeout: 5 })), InvalidArgumentError)
    await assert.rejects(server.stop({ drainTimeoutMs: any('5') }), InvalidArgumentError)
    assert.equal((await server.stop({ drainTimeoutMs: 5 })).lost, 0)
  })
})

describe('every known name', () => {
  it('is taken', async () => {
    const timing = { timeoutMs: 500, retry: 0 }
    const { signal } = new AbortController()
    const lifeCycle = { concurrency: 1, readyTimeoutMs: 500, drainTimeoutMs: 500, signal }
    const ofServer = { accessPolicy: 'legacy', serializer: undefined, sendTraceback: true, ping: true } as const
    const told = { onError: undefined, onMalformed: undefined }
    const whole = { ...target, exchange: 'e', namespace: undefined, version: undefined, fanout: undefined }
    await using server = await serveRpc(transport, whole, [rpcEndpoint], { ...lifeCycle, ...ofServer, ...told })
    const ofClient = { ...timing, callMonitorTimeoutMs: 500, versionCap: '1.0', serializer: undefined }
    const client = new RpcClient(server && transport, whole, ofClient).prepare({
      ...{ ...whole, version: null, versionCap: null },
      ...{ ...timing, callMonitorTimeoutMs: null },
    })
    assert.equal(
      await client.call({}, 'ping', {}, { ...timing, callMonitorTimeoutMs: 500, waitAfterLoss: true, signal }),
      'pong',
    )
    await client.cast({}, 'ping', {}, { ...timing, signal })
    const ofListener = {
      ...{ ...lifeCycle, ...told, allowRequeue: true, requeueDelayMs: 1, maxDeliveries: 2 },
      ...{ serializer: undefined, pool: undefined },
    }
    await using listener = await listenForNotifications(transport, whole, [listening], ofListener)
    assert.ok(listener)
    const ofNotifier = {
      ...{ publisherId: 'p', topics: ['t'], exchange: 'e', publishers: 'messaging' as const, serializer: undefined },
      ...{ failures: 'reject' as const, onFailure: undefined, buffer: undefined, routing: undefined },
    }
    await new Notifier(transport, { ...ofNotifier, ...timing })
      .prepare({ publisherId: 'q', retry: 0 })
      .info({}, 'e', {}, { ...timing, messageId: 'm', signal })
    const rule = { context: {}, payload: {}, metadata: {}, publisherId: 'p', eventType: 'e' }
    assert.ok(new NotificationFilter(rule))
    await createTransport('memory://', { controlExchange: 'e', options: {}, allowedRemoteErrors: [] }).close()
  })
})

describe('what is no transport', () => {
  const url = 'amqp://joe:hunter2@host'
  const uses: readonly (readonly [string, (wrong: never) => unknown])[] = [
    ['RpcClient', (wrong) => new RpcClient(wrong, target)],
    ['serveRpc', (wrong) => serveRpc(wrong, target, [rpcEndpoint])],
    ['Notifier', (wrong) => new Notifier(wrong, { publisherId: 'p' })],
    ['listenForNotifications', (wrong) => listenForNotifications(wrong, target, [listening])],
  ]
  for (const [name, use] of uses) {
    it(`is refused by ${name}, which does not show it`, async () => {
      for (const [wrong, found] of [
        [url, 'a value of type string'],
        [undefined, 'undefined'],
        [null, 'null'],
        [{ url }, 'a value of type object'],
        [createTransport, 'a value of type function'],
      ]) {
        await assert.rejects(async () => await use(any(wrong)), {
          code: 'INVALID_ARGUMENT',
          message: `${name}: expected a transport, made by createTransport(url), not ${found}`,
        })
      }
    })
  }
})

describe('the endpoints of a server', () => {
  it('are a list of at least one', async () => {
    for (const [endpoints, message] of [
      [rpcEndpoint, 'endpoints: expected an array of objects, not an object'],
      [undefined, 'endpoints: expected an array of objects, not undefined'],
      [[], 'endpoints: expected at least one'],
      [['ping'], 'endpoints[0]: expected an object with methods, not "ping"'],
    ]) {
      await assert.rejects(serveRpc(transport, target, any(endpoints)), { code: 'INVALID_ARGUMENT', message })
      if (!Array.isArray(endpoints))
        await assert.rejects(serveRpc(transport, target, any(endpoints), { ping: true }), { message })
      await assert.rejects(listenForNotifications(transport, target, any(endpoints)), { message })
    }
  })

  it('need not be there when it answers pings itself', async () => {
    await using server = await serveRpc(transport, { topic: 'pings', server: 's' }, [], { ping: true })
    assert.ok(server)
    assert.equal(await new RpcClient(transport, { topic: 'pings' }).call({}, 'oslo_rpc_server_ping'), 'pong')
  })
})

describe('a value that cannot be', () => {
  it('is shown so that a text is seen to be one', () => {
    for (const [use, message] of [
      [() => durationMs('timeoutMs', any('5'), 1), 'timeoutMs: expected milliseconds of at least 0, not "5"'],
      [() => durationMs('timeoutMs', -1, 1), 'timeoutMs: expected milliseconds of at least 0, not -1'],
      [() => retryCount(any('5'), 1), 'retry: expected an integer, -1 for no limit, not "5"'],
      [() => positiveInteger('concurrency', any('5'), 1), 'concurrency: expected a positive integer, not "5"'],
    ] as const)
      assert.throws(use, { code: 'INVALID_ARGUMENT', message })
  })
})

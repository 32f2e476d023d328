// What a strict compiler says to those who use the API: this file compiles, and what stands below `@ts-expect-error` does not.
// Nothing of it runs.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  listenForNotifications,
  type NotificationEndpoint,
  type NotificationEvent,
  type Notifier,
  type RpcArgs,
  type RpcCall,
  type RpcClient,
  type SerializedContext,
  type Serializer,
  serveRpc,
  type Transport,
} from '../../../src/index.ts'

interface Ctx {
  readonly user: string
}

interface RebootArgs {
  readonly id: number
}

interface ListArgs {
  readonly limit?: number
}

interface ComputeApi {
  reboot(args: RebootArgs): { readonly state: string }
  list(args: ListArgs): Promise<readonly number[]>
  find(args?: RebootArgs): number
  ping(): string
}

/** Compiles only where both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_verdict: Same<A, B>): void => {}

const target = { topic: 'compute', server: 'node-1' }

class Compute {
  readonly target = { namespace: 'compute', version: '1.2' }
  calls = 0

  reboot(context: Ctx, { id }: RebootArgs, call: RpcCall): string {
    this.calls += 1
    return `${context.user} ${id} ${call.method}`
  }
}

class Audit {
  info(context: Ctx, event: NotificationEvent): void {
    assert.ok(context.user + event.eventType)
  }
}

const neverRun = {
  endpointsWrittenInPlace: (transport: Transport) => [
    serveRpc(transport, target, [
      {
        async reboot(_context, args: { id: number }) {
          return args.id
        },
      },
    ]),
    serveRpc(transport, target, [{ reboot: (context: Ctx, { id }: RebootArgs) => [context.user, id] }]),
    serveRpc(transport, target, [
      {
        target: { namespace: 'compute', version: '1.2', legacyNamespaces: [null] },
        name: 'node-1',
        started: 0,
        nothing: undefined,
        who(context, args, call) {
          same<typeof context, SerializedContext>(true)
          same<typeof args, RpcArgs>(true)
          same<typeof call, RpcCall>(true)
          return args.id
        },
        arrow: (context, { id }, { signal }) => [context.user, id, signal],
      },
    ]),
    serveRpc(transport, target, [new Compute(), { ping: () => 'pong' }]),
    // @ts-expect-error a list is expected
    serveRpc(transport, target, { ping: () => 'pong' }),
    // @ts-expect-error an object is expected
    serveRpc(transport, target, ['ping']),
    // @ts-expect-error the target of an endpoint is no text
    serveRpc(transport, target, [{ target: 'compute', ping: () => 'pong' }]),
    // @ts-expect-error a server needs a name
    serveRpc(transport, { topic: 'compute' }, [new Compute()]),
  ],

  aClientWithoutInterface: (client: RpcClient, context: Ctx, args: RebootArgs) => [
    client.call(context, 'reboot', args),
    client.call({}, 'ping'),
    client.call({}, 'ping', undefined, { timeoutMs: 5 }),
    client.cast(context, 'reboot', { id: 7 }),
    // @ts-expect-error arguments have names
    client.call(context, 'reboot', 7),
    // @ts-expect-error a context is an object
    client.call('joe', 'reboot', args),
    // @ts-expect-error there is no such option
    client.call(context, 'reboot', args, { timeout: 5 }),
    // @ts-expect-error there is no such override
    client.prepare({ sever: 'node-1' }),
  ],

  aClientWithAnInterface: async (client: RpcClient<ComputeApi>, context: Ctx) => {
    const answer = await client.call(context, 'reboot', { id: 7 }, { timeoutMs: 5 })
    same<typeof answer, { readonly state: string }>(true)
    const numbers = await client.prepare({ server: 'node-1' }).call(context, 'list')
    same<typeof numbers, readonly number[]>(true)
    await client.call(context, 'list', { limit: 5 })
    await client.call(context, 'find')
    await client.call(context, 'find', { id: 7 })
    await client.call(context, 'ping')
    await client.call(context, 'ping', {}, { timeoutMs: 5 })
    await client.call(context, 'ping', undefined, { timeoutMs: 5 })
    await client.cast(context, 'reboot', { id: 7 })
    // @ts-expect-error it needs its arguments
    await client.call(context, 'reboot')
    // @ts-expect-error it needs its arguments
    await client.cast(context, 'reboot', undefined, { timeoutMs: 5 })
    // @ts-expect-error an argument is missing
    await client.call(context, 'reboot', {})
    // @ts-expect-error an argument has another type
    await client.call(context, 'find', { id: '7' })
    // @ts-expect-error it takes none
    await client.call(context, 'ping', { id: 7 })
    // @ts-expect-error there is no such method
    await client.call(context, 'rebot', { id: 7 })
    // @ts-expect-error only calls are monitored
    await client.cast(context, 'ping', {}, { callMonitorTimeoutMs: 5 })
  },

  notifications: (transport: Transport, notifier: Notifier, context: Ctx, payload: RebootArgs) => [
    notifier.info(context, 'compute.rebooted', payload),
    // @ts-expect-error a context is an object
    notifier.info('joe', 'compute.rebooted', payload),
    listenForNotifications(transport, { topic: 't' }, [
      {
        info(context, event) {
          same<typeof context, SerializedContext>(true)
          same<typeof event, NotificationEvent>(true)
        },
      },
    ]),
    listenForNotifications(transport, { topic: 't' }, [{ info: (context: Ctx) => void context.user }]),
    listenForNotifications(transport, { topic: 't' }, [
      {
        async error(context: Ctx, _event) {
          assert.ok(context.user)
        },
      },
    ]),
    listenForNotifications(transport, { topic: 't' }, [new Audit()]),
    listenForNotifications(transport, { topic: 't' }, [new Audit(), { info: (_context, event) => void event.payload }]),
    listenForNotifications(transport, { topic: 't' }, [] as NotificationEndpoint[]),
    // @ts-expect-error that is no result
    listenForNotifications(transport, { topic: 't' }, [{ info: () => 'again' }]),
    // @ts-expect-error there is no such priority
    listenForNotifications(transport, { topic: 't' }, [{ information: () => undefined }]),
  ],

  aSerializerWithAContextOfItsOwn: (): Serializer => ({
    serializeEntity: (context: Ctx, entity) => [context.user, entity],
    deserializeEntity: (_context, entity) => entity,
    serializeContext: (context: Ctx): Ctx => context,
    deserializeContext: (context) => ({ ...context, received: true }),
  }),
}

describe('the types of the API', () => {
  it('let strict users write what they mean, and nothing else', () => {
    assert.ok(neverRun, 'this file compiles')
  })
})

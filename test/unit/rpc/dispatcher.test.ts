import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidArgumentError, InvalidVersionError } from '../../../src/messaging/errors.ts'
import { NoOpSerializer } from '../../../src/messaging/serializer.ts'
import { RpcDispatcher } from '../../../src/rpc/dispatcher.ts'
import { type AccessPolicy, expose, type RpcEndpoint } from '../../../src/rpc/endpoint.ts'
import { NoSuchMethodError, UnsupportedVersionError } from '../../../src/rpc/errors.ts'
import { parseRequest, type RpcArgs } from '../../../src/rpc/request.ts'
import type { RpcCall } from '../../../src/rpc/rpc-call.ts'

const CALL = {} as RpcCall

function dispatch(
  endpoints: readonly RpcEndpoint[],
  message: Record<string, unknown>,
  policy: AccessPolicy = 'default',
): unknown {
  const dispatcher = new RpcDispatcher(endpoints, policy, undefined)
  const request = parseRequest(message)
  return dispatcher.invoke(dispatcher.find(request), {}, request.args, CALL)
}

/** The endpoints of the Python peer (test/peers/rpc_server.py). */
const peers: readonly RpcEndpoint[] = [
  { who: () => 'default', _private: () => 'private' },
  { target: { namespace: 'ns', version: '1.5' }, which: () => 'ns-1.5' },
  {
    target: { namespace: 'ns', version: '2.3', legacyNamespaces: ['oldns'] },
    which: () => 'ns-2.3',
    only2: () => 'only2',
  },
  { target: { version: '2.1' }, which: () => 'null-2.1' },
]

describe('the dispatcher', () => {
  for (const [namespace, version, method, result] of [
    [undefined, undefined, 'who', 'default'],
    ['ns', '1.5', 'which', 'ns-1.5'],
    ['ns', '2.2', 'only2', 'only2'],
    ['oldns', '2.0', 'which', 'ns-2.3'],
    [undefined, '2.1', 'which', 'null-2.1'],
    [null, '2.0', 'which', 'null-2.1'],
  ] as const) {
    it(`finds ${method} in namespace ${namespace} at version ${version}`, () => {
      assert.equal(dispatch(peers, { method, namespace, version, args: {} }), result)
    })
  }

  for (const [namespace, version, method, error] of [
    ['ns', '1.6', 'which', new UnsupportedVersionError('1.6', 'which')],
    ['ns', '1.0', 'only2', new NoSuchMethodError('only2')],
    [undefined, '1.0', 'which', new NoSuchMethodError('which')],
    [undefined, '3.0', 'which', new UnsupportedVersionError('3.0', 'which')],
    ['nons', undefined, 'which', new UnsupportedVersionError('1.0', 'which')],
    ['oldns', '1.0', 'which', new UnsupportedVersionError('1.0', 'which')],
    [undefined, 'x', 'who', new UnsupportedVersionError('x', 'who')],
    [undefined, undefined, '_private', new NoSuchMethodError('_private')],
    [undefined, undefined, 'target', new NoSuchMethodError('target')],
  ] as const) {
    it(`answers ${error.name} for ${method} in namespace ${namespace} at version ${version}`, () => {
      assert.throws(() => dispatch(peers, { method, namespace, version }), error)
    })
  }

  it('needs an endpoint', () => {
    assert.throws(() => dispatch([], { method: 'who' }), InvalidArgumentError)
  })

  it('takes the first endpoint that has the method', () => {
    assert.equal(dispatch([{ a: () => 1 }, { a: () => 2, b: () => 3 }], { method: 'a' }), 1)
    assert.equal(dispatch([{ a: () => 1 }, { a: () => 2, b: () => 3 }], { method: 'b' }), 3)
  })

  it('serves the namespace without a name under a name, when that is a legacy', () => {
    const endpoint = { target: { namespace: 'new', legacyNamespaces: [null] }, a: () => 1 }
    assert.equal(dispatch([endpoint], { method: 'a' }), 1)
    assert.equal(dispatch([endpoint], { method: 'a', namespace: 'new' }), 1)
  })

  it('calls the method on its endpoint, with context, arguments and call', () => {
    class Endpoint {
      #name = 'endpoint'
      method(...given: unknown[]): unknown[] {
        return [this.#name, ...given]
      }
    }
    assert.deepEqual(dispatch([new Endpoint()], { method: 'method', args: { a: 1 } }), [
      'endpoint',
      {},
      Object.assign(Object.create(null), { a: 1 }),
      CALL,
    ])
  })

  it('gives arguments that inherit nothing, whatever they are called', () => {
    const args = JSON.parse('{"__proto__": {"polluted": 1}, "a": 2}') as RpcArgs
    const received = dispatch([{ echo: (_: unknown, given: RpcArgs) => given }], { method: 'echo', args }) as RpcArgs
    assert.equal(Object.getPrototypeOf(received), null)
    assert.deepEqual(Object.keys(received), ['__proto__', 'a'])
    assert.equal(received.constructor, undefined)
    assert.equal(received.polluted, undefined)
  })

  for (const policy of ['default', 'legacy', 'explicit', () => true] as const) {
    for (const method of [
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'then',
      'accessor',
      '__defineGetter__',
    ]) {
      it(`never calls ${method} under the policy ${typeof policy === 'string' ? policy : 'of a function'}`, () => {
        const endpoint = {
          get accessor(): () => void {
            return assert.fail('the lookup must not run this')
          },
        }
        assert.throws(() => dispatch([endpoint], { method }, policy), NoSuchMethodError)
      })
    }
  }

  it('calls private names under the policy legacy only', () => {
    assert.equal(dispatch(peers, { method: '_private' }, 'legacy'), 'private')
  })

  it('calls exposed methods only under the policy explicit', () => {
    const endpoint = { open: expose(() => 'open'), closed: () => 'closed' }
    assert.equal(dispatch([endpoint], { method: 'open' }, 'explicit'), 'open')
    assert.throws(() => dispatch([endpoint], { method: 'closed' }, 'explicit'), NoSuchMethodError)
  })

  it('asks a policy of the application', () => {
    const endpoint = { a: () => 1, b: () => 2 }
    const policy = (asked: object, method: string): boolean => asked === endpoint && method === 'a'
    assert.equal(dispatch([endpoint], { method: 'a' }, policy), 1)
    assert.throws(() => dispatch([endpoint], { method: 'b' }, policy), NoSuchMethodError)
  })

  it('goes on searching after a refused method', () => {
    assert.equal(dispatch([{ a: () => 1 }, { a: expose(() => 2) }], { method: 'a' }, 'explicit'), 2)
  })

  for (const asynchronous of [false, true]) {
    it(`applies the serializer to context, arguments and ${asynchronous ? 'promised ' : ''}result`, async () => {
      const seen: unknown[] = []
      class Tagging extends NoOpSerializer {
        override deserializeContext(): Record<string, unknown> {
          return { own: true }
        }
        override deserializeEntity(context: unknown, entity: unknown): unknown {
          seen.push(context)
          return `d${String(entity)}`
        }
        override serializeEntity(context: unknown, entity: unknown): unknown {
          seen.push(context)
          return `s${String(entity)}`
        }
      }
      const echo = (context: object, { value }: RpcArgs): unknown => {
        assert.deepEqual(context, { own: true })
        return asynchronous ? Promise.resolve(value) : value
      }
      const dispatcher = new RpcDispatcher([{ echo }], 'default', new Tagging())
      const request = parseRequest({ method: 'echo', args: { value: 'x' } })
      assert.equal(await dispatcher.invoke(dispatcher.find(request), { sent: true }, request.args, CALL), 'sdx')
      assert.deepEqual(seen, [{ own: true }, { own: true }])
    })
  }

  it('cuts names from the wire short in its errors', () => {
    assert.throws(
      () => dispatch(peers, { method: 'x'.repeat(100_000) }),
      (error) => error instanceof NoSuchMethodError && error.message.length < 400,
    )
  })
})

describe('an endpoint', () => {
  it('cannot have a method called target', () => {
    const endpoint = { target: () => {} } as unknown as RpcEndpoint
    assert.throws(() => new RpcDispatcher([endpoint], 'default', undefined), InvalidArgumentError)
  })

  it('needs a version of the usual form', () => {
    assert.throws(() => new RpcDispatcher([{ target: { version: '1' } }], 'default', undefined), InvalidVersionError)
  })

  it('cannot be a class', () => {
    assert.throws(() => new RpcDispatcher([class {}], 'default', undefined), InvalidArgumentError)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MessagingTimeoutError } from '../../../src/messaging/errors.ts'
import { deserializeFailure, serializeFailure } from '../../../src/messaging/failure.ts'
import { RemoteError, rebuildRemoteError, remoteErrorRegistry } from '../../../src/messaging/remote-errors.ts'
import { NoSuchMethodError, UnsupportedVersionError } from '../../../src/rpc/errors.ts'

const failureOf = (thrown: unknown, options = {}): Record<string, unknown> =>
  JSON.parse(serializeFailure(thrown, options))
const identityOf = (thrown: unknown): string => {
  const { class: name, module } = failureOf(thrown)
  return `${module}.${name}`
}

class QuotaError extends Error {}

class InstanceNotFoundError extends Error {
  static readonly osloClass = { name: 'InstanceNotFound', module: 'nova.exception' }
  readonly osloArgs = ['Instance 7 could not be found']
  readonly osloKwargs = { instance_id: 7 }
  readonly password = 'secret'
}

describe('serializeFailure', () => {
  it('writes class, module, message, tb, args and kwargs, in this order', () => {
    assert.equal(
      serializeFailure(new RangeError('boom é')),
      '{"class": "ValueError", "module": "builtins", "message": "boom \\u00e9", "tb": [], "args": ["boom \\u00e9"], "kwargs": {}}',
    )
  })

  for (const [error, identity] of [
    [new Error('x'), 'builtins.Exception'],
    [new TypeError('x'), 'builtins.TypeError'],
    [new RangeError('x'), 'builtins.ValueError'],
    [new SyntaxError('x'), 'builtins.ValueError'],
    [new ReferenceError('x'), 'builtins.NameError'],
    [new AggregateError([], 'x'), 'builtins.Exception'],
    [AbortSignal.abort().reason, 'builtins.Exception'],
    [new QuotaError('x'), 'javascript.QuotaError'],
    [Object.assign(new Error('x'), { name: 'Renamed' }), 'builtins.Exception'],
    [new InstanceNotFoundError('x'), 'nova.exception.InstanceNotFound'],
    [new NoSuchMethodError('x'), 'oslo_messaging.rpc.dispatcher.NoSuchMethod'],
    [new UnsupportedVersionError('9.9', 'x'), 'oslo_messaging.rpc.dispatcher.UnsupportedVersion'],
    [new MessagingTimeoutError('x'), 'oslo_messaging.exceptions.MessagingTimeout'],
    ['a text', 'builtins.Exception'],
    [undefined, 'builtins.Exception'],
  ] as const) {
    it(`calls ${error instanceof Error ? error.constructor.name : String(error)} ${identity}`, () => {
      assert.equal(identityOf(error), identity)
    })
  }

  it('sends what an error class declares and nothing else', () => {
    const failure = failureOf(new InstanceNotFoundError('gone'))
    assert.deepEqual(failure, {
      class: 'InstanceNotFound',
      module: 'nova.exception',
      message: 'gone',
      tb: [],
      args: ['Instance 7 could not be found'],
      kwargs: { instance_id: 7 },
    })
  })

  it('sends the stack only when asked, each line with its end', () => {
    const { tb } = failureOf(new Error('x'), { sendTraceback: true }) as { tb: string[] }
    assert.equal(tb[0], 'Error: x\n')
    assert.ok(tb.every((line) => line.endsWith('\n')))
  })

  it('shows what was thrown and is no error as text', () => {
    assert.equal(failureOf('a text').message, 'a text')
    assert.equal(failureOf(Object.create(null)).message, 'an error that cannot be shown as text')
  })

  it('leaves out arguments that JSON cannot express', () => {
    const error = Object.assign(new Error('x'), { osloArgs: [() => 1], osloKwargs: { a: 1 } })
    assert.deepEqual([failureOf(error).args, failureOf(error).kwargs], [['x'], {}])
  })

  it('passes an error of another server on under its own class, without the traceback', () => {
    const text =
      '{"class": "Boom", "module": "app", "message": "m", "tb": ["line\\n"], "args": [1], "kwargs": {"a": 2}}'
    assert.equal(serializeFailure(deserializeFailure(text)), text.replace('["line\\n"]', '[]'))
    assert.equal(serializeFailure(deserializeFailure(text), { sendTraceback: true }), text)
  })

  it('passes on what the registry made of such an error', () => {
    const remote = deserializeFailure('{"class": "Boom", "module": "app", "message": "m", "args": [1]}')
    const rebuilt = rebuildRemoteError(remote, remoteErrorRegistry({ 'app.Boom': QuotaError }))
    assert.ok(rebuilt instanceof QuotaError)
    assert.equal(identityOf(rebuilt), 'app.Boom')
    assert.deepEqual(failureOf(rebuilt).args, [1])
  })

  it('cuts the suffixes that Python gives to errors that passed through it', () => {
    const remote = deserializeFailure('{"class": "Boom_Remote", "module": "app_Remote", "message": "m"}')
    assert.equal(identityOf(remote), 'app.Boom')
  })
})

describe('deserializeFailure', () => {
  it('reads Python 2 module names as those of Python 3', () => {
    assert.equal(deserializeFailure('{"class": "ValueError", "module": "exceptions"}').module, 'builtins')
  })

  it('fills in what is missing or of another type', () => {
    const remote = deserializeFailure('{"tb": ["a\\n", 1], "args": {}, "kwargs": [], "message": 5, "class": null}')
    assert.deepEqual(
      [remote.excType, remote.module, remote.value, remote.traceback, remote.args, remote.kwargs],
      ['Exception', '', '5', ['a\n'], [], {}],
    )
  })

  for (const text of ['', 'not JSON', '[]', 'null', '"x"', '['.repeat(1000)]) {
    it(`makes a RemoteError even of ${JSON.stringify(text.slice(0, 10))}`, () => {
      const remote = deserializeFailure(text)
      assert.ok(remote instanceof RemoteError)
      assert.equal(remote.value, text)
    })
  }

  it('says class and message in its own message', () => {
    assert.equal(deserializeFailure('{"class": "Foo", "message": "m"}').message, 'remote error: Foo: m')
    assert.equal(deserializeFailure('{"class": "Foo"}').message, 'remote error: Foo')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { checkEndpoints, findMethod } from '../../../src/messaging/method-lookup.ts'

class Base {
  inherited(): string {
    return 'inherited'
  }
}

class Endpoint extends Base {
  readonly arrow = (): string => 'arrow'
  readonly value = 5
  own(): string {
    return 'own'
  }
  get accessor(): () => void {
    throw new Error('the lookup must not run this')
  }
  static classMethod(): void {}
}

describe('findMethod', () => {
  for (const name of ['own', 'inherited', 'arrow']) {
    it(`finds the method ${name}`, () => {
      assert.equal(findMethod(new Endpoint(), name)?.call(undefined), name)
    })
  }

  const forbidden = [
    'constructor',
    '__proto__',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'isPrototypeOf',
    '__defineGetter__',
    '__lookupSetter__',
    'then',
    'accessor',
    'value',
    'classMethod',
    '',
    'no such thing',
  ]
  for (const name of forbidden) {
    it(`does not find ${JSON.stringify(name)}`, () => {
      assert.equal(findMethod(new Endpoint(), name), undefined)
      assert.equal(findMethod({ own(): void {} }, name), undefined)
      assert.equal(findMethod(Object.create(null), name), undefined)
    })
  }

  it('finds methods of objects without a prototype', () => {
    assert.ok(findMethod(Object.assign(Object.create(null), { own: () => 1 }), 'own'))
  })

  it('does not find what objects of other realms inherit', () => {
    const foreign = runInNewContext('({ own() {} })') as object
    assert.ok(findMethod(foreign, 'own'))
    assert.equal(findMethod(foreign, 'toString'), undefined)
  })

  it('does not look behind an accessor that hides an inherited method', () => {
    class Hiding extends Base {}
    Object.defineProperty(Hiding.prototype, 'inherited', { get: () => assert.fail('must not run') })
    assert.equal(findMethod(new Hiding(), 'inherited'), undefined)
  })
})

describe('checkEndpoints', () => {
  it('refuses what is no list of objects', () => {
    for (const endpoints of [{}, [null], [5], [Endpoint]]) {
      assert.throws(() => checkEndpoints(endpoints as object[]), InvalidArgumentError)
    }
    checkEndpoints([new Endpoint(), {}])
  })
})

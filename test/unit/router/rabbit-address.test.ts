import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalAddress, parseRabbitAddress } from '../../../src/router/rabbit-address.ts'

describe('an address of RabbitMQ 4', () => {
  it('names a queue, or an exchange and a key, percent-encoded', () => {
    assert.deepEqual(parseRabbitAddress('/queues/a%2Fb'), { kind: 'queue', queue: 'a/b' })
    assert.deepEqual(parseRabbitAddress('/exchanges/x'), { kind: 'exchange', exchange: 'x', key: '' })
    assert.deepEqual(parseRabbitAddress('/exchanges/x/k.%C3%BC'), { kind: 'exchange', exchange: 'x', key: 'k.ü' })
  })

  for (const text of ['', 'q', '/queue/q', '/queues', '/queues/', '/queues/a/b', '/exchanges//k', '/exchanges/x/k/l'])
    it(`is not "${text}"`, () => assert.equal(parseRabbitAddress(text), undefined))

  it('has parts of at most 255 bytes, and none that cannot be decoded', () => {
    assert.ok(parseRabbitAddress(`/exchanges/x/${'k'.repeat(255)}`))
    assert.equal(parseRabbitAddress(`/exchanges/x/${'k'.repeat(256)}`), undefined)
    assert.equal(parseRabbitAddress(`/queues/${'ü'.repeat(128)}`), undefined)
    assert.equal(parseRabbitAddress('/queues/%zz'), undefined)
  })

  it('has one form for whoever compares, however it is written', () => {
    for (const text of ['/queues/pay.secret', '/queues/pay%2Esecret', '/queues/%70ay.secret'])
      assert.equal(canonicalAddress(text), '/queues/pay.secret')
    assert.equal(canonicalAddress('/exchanges/%78/a%2eb'), '/exchanges/x/a.b')
    assert.equal(canonicalAddress('/management'), '/management')
  })
})

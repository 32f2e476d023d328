import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidArgumentError } from 'commander'
import { UsageError } from '../../../src/cli/exit-codes.ts'
import {
  count,
  driverOptions,
  milliseconds,
  nonEmpty,
  parseContext,
  portNumber,
  requireUrl,
} from '../../../src/cli/flags.ts'

describe('the URL', () => {
  it('is that of the flag, before that of the environment', () => {
    assert.equal(requireUrl({ url: 'amqp://flag' }, { OMSG_URL: 'amqp://env' }), 'amqp://flag')
    assert.equal(requireUrl({}, { OMSG_URL: 'amqp://env' }), 'amqp://env')
  })

  it('is asked for when there is none', () => {
    assert.throws(() => requireUrl({}, {}), { name: 'UsageError', message: /--url.*OMSG_URL/ })
    assert.throws(() => requireUrl({}, { OMSG_URL: '' }), UsageError)
  })
})

describe('driver options', () => {
  it('are read from name=value, and the last of a name wins', () => {
    assert.deepEqual(driverOptions(['a=1', 'b=x=y', 'a=2', 'c=']), { a: '2', b: 'x=y', c: '' })
    assert.deepEqual(driverOptions(), {})
  })

  it('poison no object', () => {
    const options = driverOptions(['__proto__=x'])
    assert.deepEqual(Object.keys(options), ['__proto__'])
    assert.equal(Object.getPrototypeOf(options), Object.prototype)
  })

  it('are refused without a name or a sign, and what was typed is not shown', () => {
    for (const text of ['secret', '=secret', ''])
      assert.throws(
        () => driverOptions([text]),
        (error: Error) => error instanceof UsageError && !error.message.includes('secret'),
      )
  })
})

describe('numbers', () => {
  it('are whole and within their range', () => {
    assert.equal(milliseconds('1'), 1)
    assert.equal(milliseconds('2147483647'), 2147483647)
    assert.equal(portNumber('0'), 0)
    assert.equal(portNumber('65535'), 65535)
    assert.equal(count('3'), 3)
  })

  it('are nothing else', () => {
    for (const text of ['0', '-1', '1.5', '1s', '', ' 1', '0x10', '1e3', '2147483648'])
      assert.throws(() => milliseconds(text), InvalidArgumentError, text)
    for (const text of ['65536', '-1', 'amqp']) assert.throws(() => portNumber(text), InvalidArgumentError, text)
    assert.throws(() => count('0'), InvalidArgumentError)
  })
})

describe('names', () => {
  it('are not empty: an unset variable of the shell is no name', () => {
    assert.equal(nonEmpty('node-1'), 'node-1')
    for (const text of ['', '  ']) assert.throws(() => nonEmpty(text), InvalidArgumentError)
  })
})

describe('the context', () => {
  it('is a JSON object, and empty unless given', () => {
    assert.deepEqual(parseContext(undefined), {})
    assert.deepEqual(parseContext('{"user": "ada"}'), { user: 'ada' })
    assert.throws(() => parseContext('[1]'), { message: /--context has to be a JSON object/ })
  })
})

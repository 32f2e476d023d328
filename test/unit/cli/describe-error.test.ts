import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeError } from '../../../src/cli/describe-error.ts'
import { MessageDeliveryFailureError, MessagingTimeoutError } from '../../../src/index.ts'

describe('an error as JSON', () => {
  it('has code and message', () => {
    assert.deepEqual(describeError(new MessagingTimeoutError('too late')), {
      code: 'MESSAGING_TIMEOUT',
      message: 'too late',
    })
  })

  it('has its name for want of a code, and something for what is no error', () => {
    assert.deepEqual(describeError(new TypeError('no')), { code: 'TypeError', message: 'no' })
    assert.deepEqual(describeError('no'), { code: 'UNKNOWN', message: 'no' })
  })

  it('says why, as far as is known, and only known facts', () => {
    const socket = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
      port: 5672,
      secret: 'x',
    })
    const described = describeError(new MessageDeliveryFailureError('not sent', { cause: socket }))
    assert.deepEqual(described.cause, {
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED',
      syscall: 'connect',
      port: 5672,
    })
    assert.equal(described.inDoubt, false)
  })

  it('ends, even where causes go round in a circle', () => {
    const error = new Error('round')
    error.cause = error
    assert.ok(JSON.stringify(describeError(error)).length < 500)
  })

  it('joins the messages of several failures that have none in common', () => {
    const error = new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')])
    assert.equal(describeError(error).message, '::1 refused; 127.0.0.1 refused')
  })
})

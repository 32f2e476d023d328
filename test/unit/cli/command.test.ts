import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkUsage } from '../../../src/cli/command.ts'
import { UsageError } from '../../../src/cli/exit-codes.ts'
import { createTransport } from '../../../src/index.ts'

test('a mistake in what was typed is one of usage; one in a driver option tells where they are listed', () => {
  assert.throws(
    () => checkUsage(() => createTransport('amqp://h', { options: { idle_timeuot: 5 } })),
    (error) =>
      error instanceof UsageError &&
      error.message ===
        'error: unknown option "idle_timeuot" in group [oslo_messaging_amqp] (options); did you mean "idle_timeout"? (omsg options lists them)',
  )
  assert.throws(
    () => checkUsage(() => createTransport('zmq://h')),
    (error) => error instanceof UsageError && !error.message.includes('omsg options'),
  )
})

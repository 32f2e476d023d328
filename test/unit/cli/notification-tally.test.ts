import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotificationTally } from '../../../src/cli/notification-tally.ts'

test('what became of the notifications is told in a line, without what there was none of', () => {
  const tally = new NotificationTally()
  assert.equal(String(tally), '0 shown')
  for (const priority of ['info', 'error', 'info']) tally.shown(priority)
  assert.equal(String(tally), '3 shown (2 info, 1 error)')
  tally.malformed()
  assert.equal(String(tally), '3 shown (2 info, 1 error), 1 refused as malformed')
  tally.passedOver()
  tally.passedOver()
  assert.equal(String(tally), '3 shown (2 info, 1 error), 2 passed over, 1 refused as malformed')
})

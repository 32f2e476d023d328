import assert from 'node:assert/strict'
import { getMaxListeners } from 'node:events'
import { it } from 'node:test'
import { addAbortListener } from '../../../src/support/abort-listener.ts'

it('an abort listener is called once, and any number of them is no leak to warn of', () => {
  const controller = new AbortController()
  let calls = 0
  for (let n = 0; n < 20; n++) {
    addAbortListener(controller.signal, () => {
      calls += 1
    })
  }
  assert.equal(getMaxListeners(controller.signal), 0)
  controller.abort()
  assert.equal(calls, 20)
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { addAbortListener } from '../../../src/support/abort-listener.ts'

it('any number of abort listeners is called, and Node warns of no leak', async (t) => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  t.after(() => process.off('warning', note))
  const controller = new AbortController()
  let calls = 0
  for (let n = 0; n < 20; n++) {
    addAbortListener(controller.signal, () => {
      calls += 1
    })
  }
  controller.abort()
  await new Promise(setImmediate)
  assert.equal(calls, 20)
  assert.deepEqual(warnings, [])
})

// The examples are programs that people copy: each runs to its end, says something, and ends with exit status 0.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const folder = fileURLToPath(new URL('../../examples/', import.meta.url))
const examples = readdirSync(folder).filter((file) => file.endsWith('.js'))

describe('each example runs to its end', () => {
  for (const example of examples) {
    it(example, async () => {
      const run = promisify(execFile)(process.execPath, [`${folder}${example}`], { timeout: 60_000 })
      const { stdout, stderr } = await run
      assert.notEqual(stdout, '')
      assert.equal(stderr, '')
    })
  }

  it('there are examples', () => assert.ok(examples.length >= 6))
})

describe('npm start', () => {
  it('shows the patterns and no colour when nobody looks at a terminal', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [`${folder}tour.js`], { timeout: 60_000 })
    for (const shown of [
      'has rebooted instance 7',
      'node-2 has rebooted instance 8',
      'heard by node-1 and node-2',
      'RemoteError',
      'received compute.instance.rebooted',
      'acknowledged',
    ]) {
      assert.ok(stdout.includes(shown), `"${shown}" is missing in:\n${stdout}`)
    }
    assert.ok(!stdout.includes('\u001b'), 'there are colours')
  })
})

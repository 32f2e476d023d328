// The programs of docs/guide/testing.md run, and print what the page says; its table has every effect.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Chaos } from '../../src/testing/chaos.ts'
import { itRunsThePrograms } from '../support/guide-tests.ts'
import { ROOT } from '../support/source-files.ts'

const PAGE = 'docs/guide/testing.md'

describe('the guide "Testing an application"', () => {
  itRunsThePrograms(PAGE, ['memory.ts', 'router.ts', 'chaos.ts', 'clock.ts'])

  it('lists all that chaos can do', () => {
    const page = readFileSync(join(ROOT, PAGE), 'utf8')
    const listed = [...page.matchAll(/^\| `(\w+)\([^|]*\)` \|/gm)].map(([, name]) => name)
    const methods = Object.getOwnPropertyNames(Chaos.prototype).filter(
      (name) => name !== 'constructor' && name !== 'counters',
    )
    assert.deepEqual(listed.sort(), methods.sort())
  })
})

// The programs of docs/guide/rpc.md run, and print what the page says; its errors are those that there are.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { itRunsThePrograms } from '../support/guide-tests.ts'
import { ROOT } from '../support/source-files.ts'

const PAGE = 'docs/guide/rpc.md'

describe('the guide "Calls and casts"', () => {
  itRunsThePrograms(PAGE, ['calls.ts', 'failures.ts', 'long.ts', 'bounded.ts', 'drained.ts'])

  it('names errors by codes that the reference has', () => {
    const page = readFileSync(join(ROOT, PAGE), 'utf8')
    const reference = readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8')
    const codes = [...page.matchAll(/\| `([A-Z_]{6,})` \|/g)].map(([, code]) => code)
    assert.ok(codes.length >= 4)
    for (const code of codes) assert.ok(reference.includes(`\`${code}\``), code)
  })
})

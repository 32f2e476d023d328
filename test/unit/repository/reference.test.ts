// The pages of docs/reference that are made from the source are as the source says.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CONFIG_TABLES } from '../../../src/oslo-config.ts'
import { optionsPage } from '../../../src/support/option-reference.ts'
import { ROOT } from '../../support/source-files.ts'

describe('the reference', () => {
  it('lists every option with its type, default and meaning', () => {
    const path = join(ROOT, 'docs/reference/options.md')
    const page = existsSync(path) ? readFileSync(path, 'utf8') : ''
    assert.equal(
      page,
      optionsPage(CONFIG_TABLES),
      'docs/reference/options.md is stale: npm run build && node scripts/write-reference.mjs',
    )
  })
})

// The program of docs/guide/deployment.md runs, and prints what the page says; the options that it and the page on
// migration name are those that there are.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { OPTION_TABLES } from '../../src/index.ts'
import { itRunsThePrograms } from '../support/guide-tests.ts'
import { ROOT } from '../support/source-files.ts'

const PAGE = 'docs/guide/deployment.md'

/** Names of other things that look like options: of oslo's files and of intermediaries. */
const OTHERS = new Set(['transport_url', 'control_exchange', 'rabbitmq_amqp1_0', 'virtual_host'])

describe('the guide "Deployment"', () => {
  itRunsThePrograms(PAGE, ['hybrid.ts'])

  it('names options that there are, as "Migration" does', () => {
    const known = new Set(OPTION_TABLES.flatMap(({ rows }) => Object.values(rows).map(({ name }) => name)))
    for (const page of [PAGE, 'docs/guide/migration.md']) {
      const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')
      const named = [...text.matchAll(/`([a-z]+(?:_[a-z0-9]+)+)(?: ?=[^`]*)?`/g)].map(([, name = '']) => name)
      assert.ok(named.length > 3, page)
      assert.deepEqual(
        named.filter((name) => !known.has(name) && !OTHERS.has(name)),
        [],
        page,
      )
    }
  })
})

// Writes what in docs/reference/ is made from the source (test/unit/repository/reference.test.ts says when it is stale):
//
//   npm run build && node scripts/write-reference.mjs
import { writeFileSync } from 'node:fs'

const { CONFIG_TABLES } = await import('../dist/oslo-config.js')
const { optionsPage } = await import('../dist/support/option-reference.js')

writeFileSync('docs/reference/options.md', optionsPage(CONFIG_TABLES))

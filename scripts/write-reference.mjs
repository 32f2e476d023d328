// Writes what in docs/reference/ is made from the source (test/unit/repository/reference.test.ts says when it is stale):
//
//   npm run build && node scripts/write-reference.mjs
import { writeFileSync } from 'node:fs'
import { referencePages } from './reference-pages.mjs'

for (const [path, text] of referencePages()) writeFileSync(path, text)

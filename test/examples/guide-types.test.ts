// The programs of all guides fit the types of the package as its users get them. Together, as the compiler reads those once.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { GuideFolder, programsOf, typeErrors } from '../support/guide-programs.ts'

/** Pages whose programs are strict; those of the others are plain JavaScript for a first look. */
const PAGES = ['amqp', 'deployment', 'notifications', 'rpc', 'testing'].map((page) => `docs/guide/${page}.md`)

describe('the programs of the guides', () => {
  it('fit the types of the package', (t) => {
    const parent = fileURLToPath(new URL('.', import.meta.url))
    const folders = PAGES.map((page) => new GuideFolder(programsOf(page), parent))
    t.after(() => {
      for (const folder of folders) folder.remove()
    })
    assert.ok(folders.every(({ sources }) => sources.length > 0))
    assert.deepEqual(typeErrors(folders.flatMap(({ sources }) => sources)), [])
  })
})

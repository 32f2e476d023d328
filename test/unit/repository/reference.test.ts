// The pages of docs/reference that are made from the source are as the source says.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { pagesFromSource, tablesOfAmqp } from '../../support/reference-pages.ts'
import { ROOT, sourceFiles } from '../../support/source-files.ts'

const pages = await pagesFromSource()

describe('the reference', () => {
  for (const [path, text] of pages) {
    it(`has ${path} as the source says`, () => {
      const page = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : ''
      assert.equal(page, text, `${path} is stale: npm run build && node scripts/write-reference.mjs`)
    })
  }

  it('has every interface of options that the door to AMQP lets out', async () => {
    const door = sourceFiles('src').find(({ path }) => path === 'src/amqp/index.ts')
    const exported = (door?.tree.statements ?? []).flatMap((statement) =>
      ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.map((element) => element.name.text)
        : [],
    )
    const listed = (await tablesOfAmqp()).map(({ name }) => name)
    const missing = exported.filter((name) => name.endsWith('Options') && !listed.includes(name))
    assert.deepEqual(missing, [], 'scripts/amqp-reference.mjs has a section for each')
  })
})

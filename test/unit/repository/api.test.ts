// What the doors let out is public: a name that appears, goes or turns from a value into a type is a decision, not an accident.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { hasModifier, ROOT, type SourceFile, sourceFiles } from '../../support/source-files.ts'

const SNAPSHOT = join(ROOT, 'test/unit/repository/api.json')
const HOW =
  'the public API changed: if that is meant, renew test/unit/repository/api.json with `UPDATE_API=1 npm test -- --only repository/api` and write it into CHANGELOG.md'

const DOORS: Readonly<Record<string, string>> = {
  '.': 'src/index.ts',
  './amqp': 'src/amqp/index.ts',
  './router': 'src/router/index.ts',
  './testing': 'src/testing/index.ts',
}

interface Names {
  readonly values: readonly string[]
  readonly types: readonly string[]
}

const files = sourceFiles('src')

function namesOf(path: string): Names {
  const file = files.find((candidate) => candidate.path === path)
  assert.ok(file, `${path} exists`)
  const values: string[] = []
  const types: string[] = []
  for (const statement of file.tree.statements) {
    for (const [name, isType] of exportedBy(statement, file)) (isType ? types : values).push(name)
  }
  return { values: values.sort(), types: types.sort() }
}

/** `isolatedModules` makes every re-exported type say so, and house-rules forbids stars: the syntax is enough. */
function exportedBy(statement: ts.Statement, file: SourceFile): [string, boolean][] {
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause
    assert.ok(clause && ts.isNamedExports(clause), `${file.path} names what it exports`)
    return clause.elements.map((element) => [element.name.text, statement.isTypeOnly || element.isTypeOnly])
  }
  if (!hasModifier(statement, ts.SyntaxKind.ExportKeyword)) return []
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map((declaration) => [declaration.name.getText(), false])
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return [[statement.name.text, true]]
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return [[statement.name?.text ?? 'default', false]]
  return []
}

describe('the public API', () => {
  it('has the doors that package.json names', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>
    }
    assert.deepEqual(
      Object.keys(exports).filter((door) => door !== './package.json'),
      Object.keys(DOORS),
    )
  })

  it('exports the names of api.json and no others', () => {
    const found = Object.fromEntries(Object.entries(DOORS).map(([door, path]) => [door, namesOf(path)]))
    if (process.env.UPDATE_API) writeFileSync(SNAPSHOT, `${JSON.stringify(found, null, 2)}\n`)
    assert.ok(existsSync(SNAPSHOT), HOW)
    assert.deepEqual(found, JSON.parse(readFileSync(SNAPSHOT, 'utf8')), HOW)
  })

  for (const [door, path] of Object.entries(DOORS)) {
    it(`gives through "${door}" what its source says`, async () => {
      const module = (await import(
        new URL(`../../../${path.replace(/\.ts$/, '.js')}`, import.meta.url).href
      )) as Record<string, unknown>
      assert.deepEqual(Object.keys(module).sort(), namesOf(path).values)
    })
  }
})

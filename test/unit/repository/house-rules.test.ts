// What the compiler and the linter do not hold: how files and names look in this house.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { hasModifier, pathsUnder, placeOf, type SourceFile, sourceFiles, visit } from '../../support/source-files.ts'

const MAX_LINES = 350

/** Files that may be longer, each with its reason. Empty is the aim: a longer file is usually two ideas. */
const LONGER: Readonly<Record<string, string>> = {}

const VAGUE = /util|helper|manager|controller/i

const files = sourceFiles('src')

function places(find: (file: SourceFile, node: ts.Node) => boolean): string[] {
  const found: string[] = []
  for (const file of files) visit(file.tree, (node) => void (find(file, node) && found.push(placeOf(file, node))))
  return found
}

describe('the house rules', () => {
  it('keep the console to the command', () => {
    const uses = places(
      (file, node) =>
        file.folder !== 'cli' && ts.isPropertyAccessExpression(node) && node.expression.getText() === 'console',
    )
    assert.deepEqual(uses, [])
  })

  it('name every export: no default, no star', () => {
    assert.deepEqual(
      places((_, node) => ts.isExportAssignment(node) || hasModifier(node, ts.SyntaxKind.DefaultKeyword)),
      [],
    )
    assert.deepEqual(
      places((_, node) => ts.isExportDeclaration(node) && !(node.exportClause && ts.isNamedExports(node.exportClause))),
      [],
    )
  })

  it('keep no state in a module', () => {
    const mutable = places(
      (file, node) =>
        ts.isVariableStatement(node) &&
        node.parent === file.tree &&
        (node.declarationList.flags & ts.NodeFlags.Const) === 0,
    )
    assert.deepEqual(mutable, [])
  })

  it('write file names in kebab-case', () => {
    const all = ['src', 'test', 'examples'].flatMap(pathsUnder)
    const wrong = all.filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(path))
    assert.deepEqual(wrong, [])
  })

  it('call no file and nothing exported by a word that says nothing', () => {
    assert.deepEqual(
      files.filter((file) => VAGUE.test(file.path)).map((file) => file.path),
      [],
    )
    const vague = places(
      (file, node) =>
        isNamedExport(node, file) &&
        VAGUE.test(node.name?.getText() ?? '') &&
        !KNOWN_NAMES.has(node.name?.getText() ?? ''),
    )
    assert.deepEqual(vague, [])
  })

  it(`keep a file under ${MAX_LINES} lines`, () => {
    const long = files.flatMap((file) => {
      const lines = file.text.split('\n').length - 1
      return lines > MAX_LINES && !(file.path in LONGER) ? [`${file.path}: ${lines} lines`] : []
    })
    assert.deepEqual(long, [])
    const stale = Object.keys(LONGER).filter(
      (path) => !files.some((file) => file.path === path && file.text.split('\n').length - 1 > MAX_LINES),
    )
    assert.deepEqual(stale, [], 'an exception that is needed no more is taken out')
  })
})

/** Names of the platform, which end as they do. */
const KNOWN_NAMES = new Set(['AbortController'])

type NamedExport = ts.ClassDeclaration | ts.FunctionDeclaration | ts.InterfaceDeclaration | ts.TypeAliasDeclaration

function isNamedExport(node: ts.Node, file: SourceFile): node is NamedExport {
  if (node.parent !== file.tree || !hasModifier(node, ts.SyntaxKind.ExportKeyword)) return false
  return (
    ts.isClassDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  )
}

// The titles of a test file as sentences, read from its source: those of `describe` and `it` together, outermost first.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { ROOT } from './source-files.ts'

const GROUPS = new Set(['describe', 'suite'])
const TESTS = new Set(['it', 'test'])

/** A title as it is written down: text, and what is filled in when the tests are made (`undefined` here). */
type Title = readonly (string | undefined)[]

interface Titles {
  readonly titles: readonly Title[]
  /** Every text of the file and of the test support that it imports: what a title is filled in with comes from there. */
  readonly texts: ReadonlySet<string>
}

const known = new Map<string, Titles>()

/** Whether the file (from the root of the checkout) holds a test of that title; `…` stands for whatever is filled in. */
export function holdsTest(path: string, title: string): boolean {
  const read = known.get(path) ?? titlesOf(path)
  known.set(path, read)
  return read.titles.some((candidate) => matches(candidate, title, read.texts))
}

function titlesOf(path: string): Titles {
  const tree = parse(path)
  const texts = new Set<string>()
  collectTexts(tree, texts)
  for (const support of supportOf(path, tree)) collectTexts(parse(support), texts)
  const titles: Title[] = []
  collectTitles(tree, [], titles)
  return { titles, texts }
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true)
}

function supportOf(path: string, tree: ts.SourceFile): string[] {
  return tree.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return []
    const file = relative(ROOT, join(ROOT, dirname(path), statement.moduleSpecifier.text))
    return file.startsWith('test/support/') ? [file] : []
  })
}

function collectTexts(node: ts.Node, texts: Set<string>): void {
  if (ts.isStringLiteralLike(node)) texts.add(node.text)
  // The names of a record may be gone through as well.
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) texts.add(node.name.text)
  ts.forEachChild(node, (child) => collectTexts(child, texts))
}

function collectTitles(node: ts.Node, around: Title, titles: Title[]): void {
  const called = ts.isCallExpression(node) && ts.isIdentifier(node.expression) ? node.expression.text : ''
  const [first] = ts.isCallExpression(node) ? node.arguments : []
  const own = first && (GROUPS.has(called) || TESTS.has(called)) ? partsOf(first) : undefined
  if (!own) return ts.forEachChild(node, (child) => collectTitles(child, around, titles))
  const whole = around.length === 0 ? own : [...around, ' ', ...own]
  if (TESTS.has(called)) titles.push(whole)
  else ts.forEachChild(node, (child) => collectTitles(child, whole, titles))
}

function partsOf(title: ts.Expression): Title {
  if (ts.isStringLiteralLike(title)) return [title.text]
  if (!ts.isTemplateExpression(title)) return [undefined]
  return [title.head.text, ...title.templateSpans.flatMap(({ literal }) => [undefined, literal.text])]
}

/** What stands where something is filled in must be a text of the file: else any title would do. */
function matches(candidate: Title, title: string, texts: ReadonlySet<string>): boolean {
  const pattern = candidate.map((part) => (part === undefined ? '(.+?)' : escaped(part))).join('')
  const found = new RegExp(`^${pattern}$`).exec(title)
  return found?.slice(1).every((filling) => filling === '…' || texts.has(filling)) ?? false
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

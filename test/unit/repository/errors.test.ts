// Every error class that is exported has its own name and its own stable code, and docs/reference/errors.md lists all of them.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { hasModifier, ROOT, type SourceFile, sourceFiles, visit } from '../../support/source-files.ts'

const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/

/** Exported error classes without a code, each with its reason. */
const WITHOUT_CODE: Readonly<Record<string, string>> = {
  ProtocolViolation: 'thrown and caught inside amqp/, never seen outside',
}

interface ErrorClass {
  readonly name: string
  readonly parent: string
  readonly file: SourceFile
  readonly isAbstract: boolean
  /** The codes that its declaration writes down: its own, not its parent's. */
  readonly codes: readonly string[]
}

const classes = errorClasses()
const concrete = classes.filter(({ isAbstract }) => !isAbstract)
const isParent = (name: string): boolean => classes.some((other) => other.parent === name)

function errorClasses(): ErrorClass[] {
  const declared = new Map<string, ErrorClass>()
  for (const file of sourceFiles('src')) {
    for (const node of file.tree.statements) {
      if (!ts.isClassDeclaration(node) || !node.name || !hasModifier(node, ts.SyntaxKind.ExportKeyword)) continue
      const parent = node.heritageClauses
        ?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)
        ?.types[0]?.expression.getText()
      if (parent)
        declared.set(node.name.text, {
          name: node.name.text,
          parent,
          file,
          isAbstract: hasModifier(node, ts.SyntaxKind.AbstractKeyword),
          codes: codesIn(node),
        })
    }
  }
  const isError = (name: string): boolean =>
    /^(Aggregate|Range|Type)?Error$/.test(name) || (declared.has(name) && isError(declared.get(name)!.parent))
  return [...declared.values()].filter(({ parent }) => isError(parent))
}

/** Property `code` of a class (its value or its type), codes handed to `super(…)` and defaults of parameters. */
function codesIn(declaration: ts.ClassDeclaration): string[] {
  const found = new Set<string>()
  visit(declaration, (node) => {
    if (!ts.isStringLiteral(node) || !CODE.test(node.text)) return
    const holder = ts.findAncestor(
      node,
      (a) => ts.isPropertyDeclaration(a) || ts.isParameter(a) || ts.isCallExpression(a) || ts.isGetAccessor(a),
    )
    const names =
      holder && !ts.isCallExpression(holder)
        ? holder.name.getText() === 'code'
        : holder?.expression.kind === ts.SyntaxKind.SuperKeyword
    if (names) found.add(node.text)
  })
  return [...found]
}

/** Stands for any argument: every property and every result of it is again such a value, and its text is `x`. */
const anything: unknown = new Proxy(() => undefined, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 'x' : key === Symbol.iterator ? () => [].values() : anything),
  has: () => false,
  apply: () => anything,
})

async function instanceOf({ name, file }: ErrorClass): Promise<{ name: unknown; code: unknown }> {
  const module = (await import(
    new URL(`../../../${file.path.replace(/\.ts$/, '.js')}`, import.meta.url).href
  )) as Record<string, new (...args: unknown[]) => Error>
  return Reflect.construct(
    module[name]!,
    Array.from({ length: 6 }, () => anything),
  ) as unknown as { name: unknown; code: unknown }
}

describe('the error classes', () => {
  it('call themselves by the name of their class', async () => {
    assert.ok(classes.length > 0, 'there are error classes')
    for (const declared of concrete)
      assert.equal((await instanceOf(declared)).name, declared.name, `${declared.file.path}: name of ${declared.name}`)
  })

  it('carry the code that their declaration states', async () => {
    for (const declared of concrete) {
      const { code } = await instanceOf(declared)
      const [only, ...more] = declared.codes
      if (only !== undefined && more.length === 0 && code !== anything)
        assert.equal(code, only, `${declared.file.path}: code of ${declared.name}`)
    }
  })

  it('have a code each, but for a base that only its subclasses make concrete', () => {
    const without = classes.filter(
      ({ name, codes }) => codes.length === 0 && !isParent(name) && !(name in WITHOUT_CODE),
    )
    assert.deepEqual(
      without.map(({ name, file }) => `${file.path}: ${name}`),
      [],
    )
  })

  it('share no code', () => {
    const byCode = new Map<string, string[]>()
    for (const { name, codes } of classes)
      for (const code of codes) byCode.set(code, [...(byCode.get(code) ?? []), name])
    assert.deepEqual(
      [...byCode].filter(([, names]) => names.length > 1),
      [],
    )
  })

  it('stand in docs/reference/errors.md, all of them and nothing else', () => {
    const page = readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8')
    const listed = [...page.matchAll(/^\| `([A-Z0-9_]+)` \| `(\w+)` \|/gm)].map(([, code, name]) => `${code} ${name}`)
    const declared = classes.flatMap(({ name, codes }) => codes.map((code) => `${code} ${name}`))
    assert.deepEqual(
      declared.filter((row) => !listed.includes(row)),
      [],
      'missing on the page',
    )
    assert.deepEqual(
      listed.filter((row) => !declared.includes(row)),
      [],
      'on the page and nowhere else',
    )
  })
})

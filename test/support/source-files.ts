// The project's own source as the repository's gates see it: which files there are, and what each imports and exports.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'

/** The root of the checkout. Every script of package.json starts there, and so do the tests. */
export const ROOT = process.cwd()
if (!existsSync(join(ROOT, 'tsconfig.json')))
  throw new Error(`start the tests in the root of the checkout, not in ${ROOT}`)

export interface Import {
  /** As written: `../support/fifo.ts`, `node:net`, `commander`. */
  readonly specifier: string
  /** The imported file, from the root (`src/support/fifo.ts`); undefined when it is no relative path. */
  readonly file: string | undefined
  /** Gone after compilation: `import type`, `export type … from`, `import('…')` in a type. */
  readonly typeOnly: boolean
  /** Loaded when it is asked for: `await import('…')`. */
  readonly dynamic: boolean
}

export interface SourceFile {
  /** From the root, with `/`: `src/rpc/client.ts`. */
  readonly path: string
  /** `rpc` for `src/rpc/client.ts`, empty for `src/index.ts`. */
  readonly folder: string
  readonly text: string
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}

/** The TypeScript files under a folder of the checkout, in the order of their paths. */
export function pathsUnder(folder: string): string[] {
  const top = join(ROOT, folder)
  if (!existsSync(top)) return []
  const names = readdirSync(top, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .sort()
}

export function sourceFiles(folder: string): SourceFile[] {
  return pathsUnder(folder).map(read)
}

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const parts = path.split('/')
  return { path, folder: parts.slice(1, -1).join('/'), text, tree, imports: importsOf(path, tree) }
}

function importsOf(path: string, tree: ts.SourceFile): Import[] {
  const found: Import[] = []
  visit(tree, (node) => {
    const [literal, typeOnly] = importedBy(node)
    if (!literal) return
    const specifier = literal.text
    const file = specifier.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(path), specifier)).replaceAll('\\', '/')
      : undefined
    found.push({ specifier, file, typeOnly, dynamic: ts.isCallExpression(node) && !isRequire(node) })
  })
  return found
}

function importedBy(node: ts.Node): [ts.StringLiteral | undefined, boolean] {
  if (ts.isImportDeclaration(node))
    return [literalOf(node.moduleSpecifier), node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword]
  if (ts.isExportDeclaration(node)) return [literalOf(node.moduleSpecifier), node.isTypeOnly]
  if (ts.isImportTypeNode(node))
    return [ts.isLiteralTypeNode(node.argument) ? literalOf(node.argument.literal) : undefined, true]
  const isCall = ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire(node))
  return isCall ? [literalOf(node.arguments[0]), false] : [undefined, false]
}

const isRequire = (node: ts.CallExpression): boolean => node.expression.getText() === 'require'

const literalOf = (node: ts.Node | undefined): ts.StringLiteral | undefined =>
  node && ts.isStringLiteral(node) ? node : undefined

/** Calls `see` for the node and everything in it. */
export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}

/** `src/rpc/client.ts:12`, where a reader finds the node. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false)
}

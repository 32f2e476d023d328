// The house drawn from the imports is the one in docs/architecture.md: the table is read from the document itself.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT, type SourceFile, sourceFiles } from '../../support/source-files.ts'

const files = sourceFiles('src')
const table = readTable()

/** The rows between the markers: a folder of src (`src/*.ts` for the files on top), and what it may import. */
function readTable(): Map<string, ReadonlySet<string>> {
  const document = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
  const part = document.split('<!-- layers -->')[1]?.split('<!-- /layers -->')[0]
  assert.ok(part, 'docs/architecture.md holds a table between <!-- layers --> and <!-- /layers -->')
  const rows = [...part.matchAll(/^\| `([^`]+)` \|([^|]*)\|/gm)]
  return new Map(
    rows.map(([, folder, allowed]) => [
      folder as string,
      new Set([...(allowed as string).matchAll(/`([^`]+)`/g)].map((m) => m[1] as string)),
    ]),
  )
}

const TOP = 'src/*.ts'
const roomOf = (path: string): string => (path.split('/').length === 2 ? TOP : (path.split('/')[1] as string))

/** A room may be allowed as a whole (`amqp`) or by one of its files only (`amqp/index.ts`). */
const isAllowed = (from: string, path: string): boolean => {
  const allowed = table.get(from)
  return (
    roomOf(path) === from ||
    (allowed?.has(roomOf(path)) ?? false) ||
    (allowed?.has(path.replace(/^src\//, '')) ?? false)
  )
}

const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}
const ownDependencies = new Set(Object.keys(packageJson.dependencies ?? {}))

/** The one file that may load an optional peer dependency, when somebody asks for what needs it. */
const OPTIONAL_PEERS: Readonly<Record<string, string>> = {
  'classic-level': 'src/router/level-database.ts',
  ws: 'src/amqp/web-socket-package.ts',
  yaml: 'src/notify/routing-file.ts',
}

const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

describe('the layers', () => {
  it('are files of src and of its folders, never deeper', () => {
    assert.ok(files.length > 0, 'there are source files')
    assert.deepEqual(
      files.filter((file) => file.path.split('/').length > 3).map((file) => file.path),
      [],
    )
  })

  it('have one row each in the table of docs/architecture.md', () => {
    const rooms = new Set(files.map((file) => roomOf(file.path)))
    assert.deepEqual([...rooms].sort(), [...table.keys()].sort())
  })

  it('import downwards only, as the table says', () => {
    const wrong = eachImport(files, (file, specifier, target) => {
      if (target === undefined || isAllowed(roomOf(file.path), target)) return undefined
      return `${file.path} imports ${specifier}: ${roomOf(file.path)} may import ${[...(table.get(roomOf(file.path)) ?? [])].join(', ') || 'nothing'}`
    })
    assert.deepEqual(wrong, [])
  })

  it('use every arrow of the table, so that it promises nothing that is not there', () => {
    const unused: string[] = []
    for (const [room, allowed] of table) {
      const targets = files
        .filter((file) => roomOf(file.path) === room)
        .flatMap((file) => file.imports.flatMap((i) => i.file ?? []))
      for (const to of allowed) {
        if (!targets.some((target) => roomOf(target) === to || target === `src/${to}`)) unused.push(`${room} -> ${to}`)
      }
    }
    assert.deepEqual(unused, [])
  })

  it('import with relative paths only files that exist', () => {
    const known = new Set(files.map((file) => file.path))
    assert.deepEqual(
      eachImport(files, (file, specifier, target) =>
        target === undefined || known.has(target) ? undefined : `${file.path} imports ${specifier}`,
      ),
      [],
    )
  })

  it('import nothing outside Node, but for the command, which may use the dependencies of package.json', () => {
    const builtin = new Set(builtinModules)
    const wrong = eachImport(files, (file, specifier, target, dynamic) => {
      if (target !== undefined) return undefined
      if (specifier.startsWith('node:') && builtin.has(specifier.slice(5))) return undefined
      if (file.folder === 'cli' && ownDependencies.has(packageOf(specifier))) return undefined
      if (dynamic && OPTIONAL_PEERS[specifier] === file.path) return undefined
      return `${file.path} imports ${specifier}`
    })
    assert.deepEqual(wrong, [])
  })

  it('load each peer dependency, which is optional, in one file, and have no other', () => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = packageJson
    assert.deepEqual(Object.keys(peerDependencies), Object.keys(OPTIONAL_PEERS))
    for (const [name, path] of Object.entries(OPTIONAL_PEERS)) {
      assert.equal(peerDependenciesMeta[name]?.optional, true, `package.json calls ${name} optional`)
      const file = files.find((candidate) => candidate.path === path)
      assert.ok(
        file?.imports.some(({ specifier, dynamic }) => specifier === name && dynamic),
        `${path} loads ${name}`,
      )
    }
  })

  it('hold no circle of files that load each other (types apart)', () => {
    assert.deepEqual(circles(files), [])
  })
})

function eachImport(
  all: readonly SourceFile[],
  check: (file: SourceFile, specifier: string, target: string | undefined, dynamic: boolean) => string | undefined,
): string[] {
  return all.flatMap((file) =>
    file.imports.flatMap(({ specifier, file: target, dynamic }) => check(file, specifier, target, dynamic) ?? []),
  )
}

/** Depth first; a file met again while it is still open closes a circle. */
function circles(all: readonly SourceFile[]): string[] {
  const next = new Map(all.map((file) => [file.path, file.imports.flatMap((i) => (i.typeOnly ? [] : (i.file ?? [])))]))
  const found: string[] = []
  const done = new Set<string>()
  const open: string[] = []
  const walk = (path: string): void => {
    if (open.includes(path)) found.push([...open.slice(open.indexOf(path)), path].join(' -> '))
    if (done.has(path) || open.includes(path)) return
    open.push(path)
    for (const to of next.get(path) ?? []) walk(to)
    open.pop()
    done.add(path)
  }
  for (const { path } of all) walk(path)
  return found
}

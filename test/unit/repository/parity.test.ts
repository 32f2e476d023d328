// docs/reference/parity.md says which test of ours asks what a test of oslo.messaging asks: ours exist, the page can count, and
// hardly anything of RPC is left out.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT } from '../../support/source-files.ts'
import { holdsTest } from '../../support/test-titles.ts'

const PAGE = 'docs/reference/parity.md'
const NOTIFICATIONS = 'Notifications'
const DEFECTS = "Defects and limits of Python's driver"
/** Why a test of oslo.messaging can be without meaning here. There is no other reason. */
const REASONS = ['Python language', 'eventlet', 'rabbit', 'kafka', 'oslo.metrics', 'Cyrus files']
const TEST = /^`(?<file>test\/[\w/-]+(?:\.test|-cases)\.ts)`: (?<title>.+)$/

type Kind = 'held' | 'differs' | 'same' | 'missing' | 'later' | 'n/a'

interface Row {
  readonly section: string
  readonly name: string
  readonly kind: Kind
  readonly reason: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const page = readFileSync(join(ROOT, PAGE), 'utf8')
const [intro = '', ...sections] = page.split(/^## /m)
const rows = sections.flatMap(rowsOf)
const ofNotifications = rows.filter(({ section }) => section === NOTIFICATIONS)
const ofDefects = rows.filter(({ section }) => section === DEFECTS)
const ofRpc = rows.filter(({ section }) => section !== NOTIFICATIONS && section !== DEFECTS)

function rowsOf(text: string): Row[] {
  const [section = '', ...lines] = text.split('\n')
  const table = lines.filter((line) => line.startsWith('| ')).slice(1)
  assert(table.length > 0, `no rows under ${section}`)
  return table.map((line) => rowOf(section, line))
}

function rowOf(section: string, line: string): Row {
  const [, name, , held] = /^\| (.+?) \| (.+?) \| (.+) \|$/.exec(line) ?? []
  assert(name && held, `no row: ${line}`)
  const [first = '', ...more] = held.split('<br>')
  const said = /^(differs|same|missing|later|n\/a): (.+)$/.exec(first)
  const tests = (said ? more : [first, ...more]).map((entry) => {
    const { file, title } = TEST.exec(entry)?.groups ?? {}
    assert(file && title, `no test: ${entry}`)
    return { file, title }
  })
  return { section, name, kind: (said?.[1] ?? 'held') as Kind, reason: said?.[2] ?? '', tests }
}

const count = (among: readonly Row[], ...kinds: Kind[]): number =>
  among.filter(({ kind }) => kinds.includes(kind)).length
const countOf = (among: readonly Row[], reason: string): number =>
  among.filter((row) => row.kind === 'n/a' && row.reason.startsWith(`${reason}: `)).length

/** The numbers of a list of the introduction, which begins behind a line. */
function numbersBehind(line: string): number[] {
  const [, list = ''] = intro.split(`${line}:\n\n`)
  const items = list.split('\n\n')[0]?.split('\n') ?? []
  return items.filter((item) => /: \d+$/.test(item)).map((item) => Number(/(\d+)$/.exec(item)?.[1]))
}

describe('the page on parity with oslo.messaging', () => {
  it('names tests that exist', () => {
    const missing = rows.flatMap(({ name, tests }) =>
      tests.flatMap(({ file, title }) => {
        if (!existsSync(join(ROOT, file))) return [`${name}: there is no ${file}`]
        return holdsTest(file, title) ? [] : [`${name}: ${file} has no test "${title}"`]
      }),
    )
    assert.deepEqual(missing, [])
  })

  it('knows a title that is none, also of a case that several drivers share', () => {
    assert.equal(holdsTest('test/conformance/call-cases.ts', 'a call stays within its exchange'), true)
    assert.equal(holdsTest('test/conformance/call-cases.ts', 'a call leaves its exchange'), false)
  })

  it('has a test for each row that is held, differs or is the same, and none for the others', () => {
    const wrong = rows.filter(({ kind, tests }) => ['held', 'differs', 'same'].includes(kind) !== tests.length > 0)
    assert.deepEqual(wrong, [])
  })

  it('leaves nothing out but for one of six reasons, and puts off nothing of RPC', () => {
    const unreasoned = rows.filter(
      ({ kind, reason }) => kind === 'n/a' && !REASONS.some((one) => reason.startsWith(`${one}: `)),
    )
    assert.deepEqual(unreasoned, [])
    assert.equal(count(ofRpc, 'later', 'same'), 0)
    assert.equal(count(ofNotifications, 'missing', 'same') + count(ofDefects, 'missing', 'differs'), 0)
  })

  it('counts its rows right', () => {
    const reasonsOf = (among: readonly Row[]): number[] => REASONS.map((reason) => countOf(among, reason))
    assert.deepEqual(numbersBehind('Tests of RPC, and of what RPC and notifications share'), [
      ...[ofRpc.length, count(ofRpc, 'held'), count(ofRpc, 'differs'), count(ofRpc, 'missing'), count(ofRpc, 'n/a')],
      ...reasonsOf(ofRpc),
    ])
    const notifications = (['held', 'differs', 'later', 'n/a'] as const).map((kind) => count(ofNotifications, kind))
    assert.deepEqual(numbersBehind('Tests of notifications'), [
      ...[ofNotifications.length, ...notifications],
      ...reasonsOf(ofNotifications),
    ])
    const defects = (['held', 'same', 'later', 'n/a'] as const).map((kind) => count(ofDefects, kind))
    assert.deepEqual(numbersBehind("Defects and limits of Python's driver"), [ofDefects.length, ...defects])
  })

  it('has a test for at least 95 of 100 rows of RPC that apply, and says for how many', () => {
    const applies = ofRpc.length - count(ofRpc, 'n/a')
    const tested = count(ofRpc, 'held', 'differs')
    assert.ok(tested / applies >= 0.95, `${tested} of ${applies}`)
    const said = `- of the ${applies} rows that apply, ${tested} have a test: ${((100 * tested) / applies).toFixed(1)} %`
    assert.ok(intro.includes(`${said}\n`), said)
  })

  it('has every defect by its number, and says nothing twice', () => {
    const numbers = ofDefects.map(({ name }) => name).filter((name) => name !== 'stated')
    assert.deepEqual(
      numbers,
      Array.from({ length: 22 }, (_, index) => `${index + 1}`),
    )
    const names = [...ofRpc, ...ofNotifications].map(({ section, name }) => `${section} ${name}`)
    assert.equal(new Set(names).size, names.length)
  })
})

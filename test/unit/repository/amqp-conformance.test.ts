// docs/reference/amqp-conformance.md says of each rule of the specification which test holds it: these tests exist, and the page
// can count.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT } from '../../support/source-files.ts'
import { holdsTest } from '../../support/test-titles.ts'

const PAGE = 'docs/reference/amqp-conformance.md'
const ROW = /^\| (?<section>[\d.]+) \| (?<rule>.+) \| (?<held>.+) \|$/
const TEST = /^`(?<file>test\/[\w/-]+\.test\.ts)`: (?<title>.+)$/

interface Row {
  readonly section: string
  readonly rule: string
  readonly kind: 'held' | 'differs' | 'n/a'
  readonly reason: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const page = readFileSync(join(ROOT, PAGE), 'utf8')
const lines = page.split('\n').filter((line) => /^\| (?!section |---)/.test(line.replace('|---', '| ---')))
const rows = lines.map(rowOf)

function rowOf(line: string): Row {
  const { section, rule, held } = ROW.exec(line)?.groups ?? {}
  assert(section && rule && held, `no row: ${line}`)
  const [first = '', ...more] = held.split('<br>')
  const said = /^(differs|n\/a): (.+)$/.exec(first)
  const tests = (said ? more : [first, ...more]).map((entry) => {
    const { file, title } = TEST.exec(entry)?.groups ?? {}
    assert(file && title, `no test: ${entry}`)
    return { file, title }
  })
  return { section, rule, kind: (said?.[1] ?? 'held') as Row['kind'], reason: said?.[2] ?? '', tests }
}

describe('the page on conformance with AMQP 1.0', () => {
  it('names tests that exist', () => {
    const missing = rows.flatMap(({ section, tests }) =>
      tests.flatMap(({ file, title }) => {
        if (!existsSync(join(ROOT, file))) return [`${section}: there is no ${file}`]
        return holdsTest(file, title) ? [] : [`${section}: ${file} has no test "${title}"`]
      }),
    )
    assert.deepEqual(missing, [])
  })

  it('knows a title that is none', () => {
    assert.equal(
      holdsTest('test/unit/amqp/hostile-peer.test.ts', 'a peer that opens twice has its connection closed'),
      true,
    )
    assert.equal(
      holdsTest('test/unit/amqp/hostile-peer.test.ts', 'a peer that opens thrice has its connection closed'),
      false,
    )
    assert.equal(holdsTest('test/unit/amqp/link.test.ts', 'says what was asked for'), false)
  })

  it('has a test for each rule that is held or differs, and none where a rule does not apply', () => {
    const wrong = rows.filter(({ kind, tests }) => (kind === 'n/a') !== (tests.length === 0))
    assert.deepEqual(wrong, [])
  })

  it('counts its rows right', () => {
    const count = (kind: Row['kind']): number => rows.filter((row) => row.kind === kind).length
    const said = [...page.matchAll(/^- (?:rows|held|differs|n\/a)\b.*?: (\d+)$/gm)].map(([, number]) => Number(number))
    assert.deepEqual(said, [rows.length, count('held'), count('differs'), count('n/a')])
  })

  it('goes through the sections in their order, and says nothing twice', () => {
    const sections = rows.map(({ section }) =>
      section
        .split('.')
        .map((part) => part.padStart(3, '0'))
        .join('.'),
    )
    assert.deepEqual(sections, [...sections].sort())
    const rules = rows.map(({ section, rule }) => `${section} ${rule}`)
    assert.equal(new Set(rules).size, rules.length)
  })
})

// docs/reference/intermediaries.md is what runs of the suite wrote, and a run of some leaves the columns of the others alone.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { INTERMEDIARIES } from '../../intermediaries/catalogue.ts'
import { knownReason } from '../../intermediaries/known-reasons.ts'
import { type Column, cellOf, merged, PAGE, readPage, writePage } from '../../intermediaries/page.ts'
import { SCENARIOS } from '../../intermediaries/scenarios.ts'
import { ROOT } from '../../support/source-files.ts'

const NAMES = [...INTERMEDIARIES.keys()]
const text = readFileSync(join(ROOT, PAGE), 'utf8')

const column = (name: string, cell: string): Column => ({
  name,
  heading: `${name} 1.0`,
  cells: new Map(SCENARIOS.map(({ title }) => [title, cell])),
})

describe('the page of intermediaries', () => {
  it('stands as the suite writes it, with a cell for each of its scenarios', () => {
    const page = readPage(text)
    assert.equal(text, writePage(page), 'it is written by: npm run test:intermediaries -- NAME')
    assert.ok(page.columns.length > 0)
    for (const { name, cells } of page.columns) {
      assert.ok(INTERMEDIARIES.has(name), name)
      const without = SCENARIOS.filter(({ title }) => !cells.has(title) || cells.get(title)?.includes('newer'))
      assert.deepEqual(without, [], name)
    }
  })

  it('keeps the columns that were not run, and has all in one order', () => {
    const first = { columns: [column('router', 'yes'), column('activemq', 'yes')], notHad: new Map([['apollo', 'x']]) }
    const before = readPage(writePage(merged({ columns: [], notHad: new Map() }, first, NAMES)))
    const after = merged(
      before,
      { columns: [column('router', 'no: it rained')], notHad: new Map([['activemq', 'gone']]) },
      NAMES,
    )
    assert.deepEqual(
      after.columns.map(({ name, heading, cells }) => [name, heading, cells.get('cast')]),
      [
        ['activemq', 'activemq 1.0', 'yes'],
        ['router', 'router 1.0', 'no: it rained'],
      ],
    )
    assert.deepEqual(
      [...after.notHad],
      [
        ['activemq', 'gone'],
        ['apollo', 'x'],
      ],
    )
    assert.deepEqual(readPage(writePage(after)), after)
  })

  it('takes back that one was not had when it has been', () => {
    const before = { columns: [], notHad: new Map([['apollo', 'x']]) }
    assert.equal(merged(before, { columns: [column('apollo', 'yes')], notHad: new Map() }, NAMES).notHad.size, 0)
  })

  it('says why in every cell that is no yes, and in words that cannot leave the cell', () => {
    assert.equal(cellOf({ kind: 'yes' }), 'yes')
    assert.equal(cellOf({ kind: 'no', known: true, reason: 'a | b' }), 'no: a \\| b')
    assert.match(cellOf({ kind: 'no', known: false, reason: '<b>' }), /^\*\*no\*\*, .*: \\<b\\>$/)
    assert.match(cellOf({ kind: 'untested', reason: 'no python' }), /^not tested: no python$/)
  })
})

describe('the suite for intermediaries', () => {
  it('knows its scenarios by titles that differ', () => {
    assert.equal(new Set(SCENARIOS.map(({ title }) => title)).size, SCENARIOS.length)
  })

  it('takes no failure for a known one that says something else', () => {
    assert.match(knownReason('rabbitmq3', 'pool', 'NOT_SUPPORTED: it has none') ?? '', /NOT_SUPPORTED/)
    assert.equal(knownReason('rabbitmq3', 'pool', 'MESSAGING_TIMEOUT: no'), undefined)
    assert.equal(knownReason('rabbitmq3', 'cast', 'NOT_SUPPORTED: it has none'), undefined)
    assert.equal(knownReason('router', 'pool', 'NOT_SUPPORTED: it has none'), undefined)
  })
})

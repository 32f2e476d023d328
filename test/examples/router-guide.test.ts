// The programs and files of docs/guide/router.md do what the page says. They are cut out of it, so that it cannot go stale.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DistributionRules } from '../../src/router/distribution-rules.ts'
import { DEFAULT_RULES, loadRouterConfig, ROUTER_DEFAULTS } from '../../src/router/index.ts'
import { ENTITY_TYPES } from '../../src/router/management-entities.ts'
import { expositionOf } from '../../src/router/metrics.ts'
import { QUEUE_DEFAULTS } from '../../src/router/queue-options.ts'
import { Traffic } from '../../src/router/traffic.ts'
import { readUsersFile } from '../../src/router/users-file.ts'
import { readExposition } from '../support/exposition.ts'
import { type Ended, Program } from '../support/program.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const page = readFileSync(fileURLToPath(new URL('../../../docs/guide/router.md', import.meta.url)), 'utf8')

/** The rows of the table with this heading: cells as the page has them. */
function rowsOf(heading: string): string[][] {
  const table = page.split('\n\n').find((part) => part.startsWith(heading))
  assert.ok(table, `the page has the table "${heading}"`)
  const rows = table.split('\n').slice(2)
  return rows.map((row) => row.split('|').slice(1, -1))
}

const codes = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string)

describe('the guide "The embedded router"', () => {
  // Inside the package, so that its programs import it by its name.
  const folder = mkdtempSync(join(here, 'guide-'))
  const file = (name: string): string => join(folder, name)
  const run = (name: string, ...args: string[]): Promise<Ended> =>
    new Program(process.execPath, [file(name), ...args]).end()

  before(() => {
    for (const [, code = '', name = ''] of page.matchAll(/```js\n(\/\/ (\S+\.mjs)\n[\s\S]*?)```/g))
      writeFileSync(file(name), code)
    writeFileSync(file('router.json'), /```json\n(\{\n {2}"host"[\s\S]*?)```/.exec(page)?.[1] ?? '')
    writeFileSync(file('access.json'), /```json\n(\{\n {2}"users"[\s\S]*?)```/.exec(page)?.[1] ?? '')
    writeFileSync(file('qdrouterd.conf'), /```conf\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
  })
  after(() => rmSync(folder, { recursive: true }))

  it('has a program that starts a router', async () => {
    const { code, stdout, stderr } = await run('started.mjs')
    assert.equal(code, 0, stderr.join('\n'))
    assert.deepEqual(stdout, [/```\n(listening[^\n]*)\n```/.exec(page)?.[1]])
  })

  it('has a program that makes a user, who comes in', async () => {
    const program = new Program(process.execPath, [file('users.mjs')], { cwd: folder })
    const { code, stdout, stderr } = await program.end()
    assert.equal(code, 0, stderr.join('\n'))
    assert.deepEqual(stdout, /```\n(added\n[\s\S]*?)\n```/.exec(page)?.[1]?.split('\n'))
  })

  it('has an entry with access rules that can be read', async () => {
    const { users } = await readUsersFile(file('access.json'))
    const access = users.get('metering')?.access
    assert.equal(access?.allows('send', 'openstack.org/om/rpc/anycast/t'), true)
    assert.equal(access?.allows('send', 'openstack.org/om/rpc/multicast/t'), false)
    assert.equal(access?.allows('receive', 'events.nova.error'), true)
  })

  it('has a program that uses a queue', async () => {
    const { code, stdout, stderr } = await run('queued.mjs')
    assert.equal(code, 0, stderr.join('\n'))
    assert.deepEqual(stdout, /```\n(accepted\n[\s\S]*?)\n```/.exec(page)?.[1]?.split('\n'))
  })

  it('has a program that asks the router about its addresses', async () => {
    const { code, stdout, stderr } = await run('asked.mjs')
    assert.equal(code, 0, stderr.join('\n'))
    assert.deepEqual(stdout, /```\n(200 OK\n[\s\S]*?)\n```/.exec(page)?.[1]?.split('\n'))
  })

  it('has a program that logs', async () => {
    const { code, stdout, stderr } = await run('logged.mjs')
    assert.equal(code, 0, stderr.join('\n'))
    assert.deepEqual(stdout, /```\n(info router\.listening[\s\S]*?)\n```/.exec(page)?.[1]?.split('\n'))
  })

  it('lists what can be asked of $management', () => {
    const listed = rowsOf('| entity type | attributes |').map(([type, names]) => [codes(type)[0], codes(names)])
    assert.deepEqual(
      listed,
      ENTITY_TYPES.map(({ name, attributeNames }) => [name, attributeNames]),
    )
  })

  it('lists the metrics, with their types', () => {
    const { families, samples } = readExposition(expositionOf(new Traffic().snapshot(0, 0, 0)))
    const rows = rowsOf('| metric | type | means |')
    const listed = rows.flatMap(([names, type = '']) => codes(names).map((name) => `${name} ${type.trim()}`))
    assert.deepEqual(listed.sort(), families.map(({ name, type }) => `${name} ${type}`).sort())
    const reasons = samples.flatMap(({ series }) => /reason="(\w+)"/.exec(series)?.[1] ?? [])
    const dropped = rows.find(([names]) => codes(names)[0] === 'oslo_router_messages_dropped_total')
    assert.deepEqual(codes(dropped?.[2]).slice(1), reasons)
  })

  it('lists the options of queues with their defaults', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| ([\d ]*\d|none|`false`)( [MG]iB)? \|/gm)]
    const listed = rows.map(([, name = '', text = '', unit]) => {
      const factor = unit === undefined ? 1 : 1024 ** (unit === ' MiB' ? 2 : 3)
      const value = text === 'none' ? undefined : text === '`false`' ? false : Number(text.replaceAll(' ', '')) * factor
      return [name, value]
    })
    assert.deepEqual(Object.fromEntries(listed), { ...QUEUE_DEFAULTS })
  })

  it('has a program that takes either of its files, and the warning that it shows', async () => {
    assert.deepEqual(await run('configured.mjs', file('router.json')), { code: 0, stdout: ['3 rules'], stderr: [] })
    const shown = /```\nqdrouterd\.conf(: not used here[^\n]*)\n```/.exec(page)?.[1]
    const { stdout, stderr } = await run('configured.mjs', file('qdrouterd.conf'))
    assert.deepEqual([stdout, stderr], [['3 rules'], [file(`qdrouterd.conf${shown}`)]])
  })

  it('has files that say what they seem to say', async () => {
    const json = (await loadRouterConfig(file('router.json'))).options
    const rules = new DistributionRules(json.rules, json.defaultDistribution)
    assert.deepEqual(
      ['events.a', 'events.a.job', 'internal', 'other'].map((address) => rules.of(address)),
      ['multicast', 'balanced', 'unavailable', 'closest'],
    )
    const conf = (await loadRouterConfig(file('qdrouterd.conf'))).options
    assert.deepEqual([conf.port, conf.containerId, conf.idleTimeoutMs], [5672, 'router-1', 16_000])
    const others = new DistributionRules(conf.rules)
    assert.deepEqual(
      ['events.a', 'events.a.b.job', 'legacy.x'].map((address) => others.of(address)),
      ['multicast', 'balanced', 'closest'],
    )
  })

  it('shows by examples what prefixes and patterns cover', () => {
    const rows = rowsOf('| rule | covers |')
    assert.ok(rows.length > 5)
    for (const [rule = '', covered, others] of rows) {
      const [text = ''] = codes(rule)
      const given = rule.includes('prefix') ? { prefix: text } : { pattern: text }
      const rules = new DistributionRules([{ ...given, distribution: 'unavailable' }])
      for (const address of codes(covered)) assert.equal(rules.of(address), 'unavailable', rule + address)
      for (const address of codes(others)) assert.notEqual(rules.of(address), 'unavailable', rule + address)
    }
  })

  it('lists limits with their defaults', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \|[^|]*\| ([\d ]*\d)( MiB)?/gm)]
    assert.ok(rows.length > 8)
    for (const [, name = '', digits = '', unit] of rows) {
      const value = Number(digits.replaceAll(' ', '')) * (unit ? 1024 * 1024 : 1)
      assert.equal(value, ROUTER_DEFAULTS[name as keyof typeof ROUTER_DEFAULTS], name)
    }
  })

  it('lists the rules that are there from the beginning', () => {
    const listed = rowsOf('| prefix or pattern | distribution |').flatMap(([prefixes, distribution]) =>
      codes(prefixes).map((prefix) => `${prefix} ${codes(distribution)[0]}`),
    )
    assert.deepEqual(
      listed.sort(),
      DEFAULT_RULES.map((rule) => `${rule.prefix ?? rule.pattern} ${rule.distribution}`).sort(),
    )
  })
})

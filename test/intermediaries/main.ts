// npm run test:intermediaries [-- NAME … | --url URL]: exit status 0 when every cell is a yes or a no that is known.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseTransportUrl, redactedUrl } from '../../src/index.ts'
import { printable } from '../../src/support/printable.ts'
import { ROOT } from '../support/source-files.ts'
import { INTERMEDIARIES } from './catalogue.ts'
import { type Intermediary, NotHad } from './intermediary.ts'
import { type Column, cellOf, merged, PAGE, readPage, refusalOf, writePage } from './page.ts'
import { type Played, playAll } from './runner.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const USAGE = `usage: npm run test:intermediaries [-- [--only TEXT] NAME … | --url URL]
  NAME         of ${[...INTERMEDIARIES.keys()].join(' ')} (default: all)
  --url URL    any bus that runs: amqp://127.0.0.1:5672
  --only TEXT  the scenarios whose title holds TEXT; writes no page`

const isFine = (outcome: Outcome): boolean => outcome.kind === 'yes' || (outcome.kind === 'no' && outcome.known)

/** Those that start or run: they are processes of their own, and would outlive this one. */
const running = new Set<Promise<Intermediary>>()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    await Promise.allSettled([...running].map(async (starting) => (await starting).stop()))
    process.exit(1)
  })

process.exitCode = await main()

async function main(): Promise<number> {
  const asked = read()
  if (typeof asked === 'string') {
    console.error(`${asked}\n${USAGE}`)
    return 1
  }
  const { names, url, only } = asked
  const scenarios = SCENARIOS.filter(({ title }) => title.includes(only))
  if (url !== undefined) {
    const played = await overUrl(url, scenarios)
    // A URL brings no way to restart what is behind it: that is no failure of the bus.
    return played.every(({ outcome }) => outcome.kind === 'untested' || isFine(outcome)) ? 0 : 1
  }
  const columns: Column[] = []
  const notHad = new Map<string, string>()
  let fine = true
  for (const name of names.length > 0 ? names : INTERMEDIARIES.keys()) {
    const result = await overNamed(name, scenarios)
    if (result instanceof NotHad) {
      notHad.set(name, refusalOf(result))
      fine &&= names.length === 0
    } else {
      columns.push(result.column)
      fine &&= result.fine
    }
    if (only === '') write({ columns, notHad })
  }
  return fine ? 0 : 1
}

/** The arguments, or what is wrong with them. */
function read(): { names: string[]; url: string | undefined; only: string } | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { url: { type: 'string' }, only: { type: 'string', default: '' } },
    })
    const { url, only } = values
    const names = [...new Set(positionals)]
    const unknown = names.filter((name) => !INTERMEDIARIES.has(name))
    if (unknown.length > 0) return `no intermediary is called ${unknown.map(printable).join(', ')}`
    if (url !== undefined && names.length > 0) return 'a name and --url at a time: the one or the other'
    if (!SCENARIOS.some(({ title }) => title.includes(only))) return `no scenario has ${printable(only)} in its title`
    if (url !== undefined) parseTransportUrl(url)
    return { names, url, only }
  } catch (error) {
    return printable((error as Error).message)
  }
}

async function overUrl(url: string, scenarios: readonly Scenario[]): Promise<Played[]> {
  console.log(`\n== ${printable(redactedUrl(parseTransportUrl(url)))}`)
  const intermediary: Intermediary = { heading: url, url, stop: async () => {} }
  return await playAll('', intermediary, scenarios, tell)
}

/** Gets it, plays, and ends it. What could not even start for another reason than that it is not there is a failure of the run. */
async function overNamed(
  name: string,
  scenarios: readonly Scenario[],
): Promise<{ column: Column; fine: boolean } | NotHad> {
  const { title, start } = INTERMEDIARIES.get(name) as NonNullable<ReturnType<typeof INTERMEDIARIES.get>>
  console.log(`\n== ${name} (${title})`)
  const starting = start()
  running.add(starting)
  let intermediary: Intermediary
  try {
    intermediary = await starting
  } catch (error) {
    running.delete(starting)
    const refusal = error instanceof NotHad ? error : new NotHad(`it did not start: ${printable(String(error))}`)
    console.log(`not had: ${refusal.message}`)
    return refusal
  }
  try {
    console.log(intermediary.heading)
    const played = await playAll(name, intermediary, scenarios, tell)
    const cells = new Map(played.map(({ scenario, outcome }) => [scenario.title, cellOf(outcome)]))
    return {
      column: { name, heading: intermediary.heading, cells },
      fine: played.every(({ outcome }) => isFine(outcome)),
    }
  } finally {
    running.delete(starting)
    await intermediary.stop()
  }
}

function tell({ scenario, outcome, ms }: Played): void {
  const text = outcome.kind === 'yes' ? (outcome.remark ?? '') : outcome.reason
  const word = outcome.kind === 'no' && !outcome.known ? 'NO' : outcome.kind
  console.log(`${word.padEnd(9)}${scenario.title} (${(ms / 1000).toFixed(1)} s)${text === '' ? '' : `: ${text}`}`)
}

/** After each intermediary: a run that is broken off keeps what it has. */
function write(run: Parameters<typeof merged>[1]): void {
  const path = join(ROOT, PAGE)
  const page = readPage(existsSync(path) ? readFileSync(path, 'utf8') : '')
  writeFileSync(path, writePage(merged(page, run, [...INTERMEDIARIES.keys()])))
}

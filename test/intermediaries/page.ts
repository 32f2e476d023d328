// docs/reference/intermediaries.md: a row for each scenario, a column for each intermediary. A run writes the columns of what it ran, and
// keeps the others as they stand on the page: it is itself the memory of earlier runs.

import type { Outcome } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

export const PAGE = 'docs/reference/intermediaries.md'

/** A column: an intermediary of that name, and what came of each scenario, by its title. */
export interface Column {
  readonly name: string
  readonly heading: string
  readonly cells: ReadonlyMap<string, string>
}

export interface Page {
  readonly columns: readonly Column[]
  /** By name: why it could not be had where the page was last written. */
  readonly notHad: ReadonlyMap<string, string>
}

/** Text that stands in a cell of a table, or in a line of a list, and cannot leave it. */
const inCell = (text: string): string => text.replace(/[\\`*_<>[\]|~&]/g, (character) => `\\${character}`)

export function cellOf(outcome: Outcome): string {
  if (outcome.kind === 'yes') return outcome.remark === undefined ? 'yes' : `yes: ${inCell(outcome.remark)}`
  if (outcome.kind === 'untested') return `not tested: ${inCell(outcome.reason)}`
  return outcome.known ? `no: ${inCell(outcome.reason)}` : `**no**, reason not known: ${inCell(outcome.reason)}`
}

/** The page with these columns and refusals in the place of those of the same names. `order`: all names, as they stand on the page. */
export function merged(page: Page, { columns, notHad }: Page, order: readonly string[]): Page {
  const byName = new Map([...page.columns, ...columns].map((column) => [column.name, column]))
  const refusals = new Map([...page.notHad, ...notHad])
  for (const { name } of columns) refusals.delete(name)
  return {
    columns: order.flatMap((name) => byName.get(name) ?? []),
    notHad: new Map(order.flatMap((name) => (refusals.has(name) ? [[name, refusals.get(name) as string]] : []))),
  }
}

const MARK = /^<!-- columns: ([\w -]*) -->$/m
const REFUSAL = /^- `([\w-]+)`, not had: (.*)$/gm

/** What an earlier run wrote. An empty text is a page without columns. */
export function readPage(text: string): Page {
  const names = MARK.exec(text)?.[1]?.split(' ').filter(Boolean) ?? []
  const [headings = [], , ...rows] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.slice(2, -2).split(' | '))
  const columns = names.map((name, n) => ({
    name,
    heading: headings[n + 1] ?? name,
    cells: new Map(rows.flatMap((row) => (row[n + 1] === undefined ? [] : [[row[0] as string, row[n + 1] as string]]))),
  }))
  return {
    columns,
    notHad: new Map([...text.matchAll(REFUSAL)].map(([, name, why]) => [name as string, why as string])),
  }
}

const NOT_RUN = 'not tested: the scenario is newer than this column'

export function writePage({ columns, notHad }: Page): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const lines = [
    ...INTRODUCTION,
    `<!-- columns: ${columns.map(({ name }) => name).join(' ')} -->`,
    '',
    row(['scenario', ...columns.map(({ heading }) => heading)]),
    row(['scenario', ...columns.map(({ heading }) => heading)].map(() => '---')),
    ...SCENARIOS.map(({ title }) => row([title, ...columns.map(({ cells }) => cells.get(title) ?? NOT_RUN)])),
  ]
  if (notHad.size > 0) {
    lines.push('', 'Asked for and not had where this page was last written, so not tested then:', '')
    lines.push(...[...notHad].map(([name, why]) => `- \`${name}\`, not had: ${why}`))
  }
  return `${lines.join('\n')}\n`
}

export const refusalOf = (error: Error): string => inCell(error.message)

const INTRODUCTION = [
  '# Intermediaries',
  '',
  'The same scenarios over each intermediary, with the defaults of the library: a URL and nothing else. This page is written by',
  '',
  '    npm run test:intermediaries                              # all that the suite knows',
  '    npm run test:intermediaries -- rabbitmq3 router          # some; the other columns stay as they are',
  '    npm run test:intermediaries -- --url amqp://127.0.0.1    # any bus that runs; prints, and writes nothing',
  '',
  'A cell that is not a plain *yes* says why: *no*, with a reason that is known and will stay; **no** with a failure that nobody has explained;',
  '*not tested*, where the means are missing. What each scenario does is in `test/intermediaries/`.',
  '',
]

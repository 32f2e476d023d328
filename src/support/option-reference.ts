// What `omsg options` lists and docs/reference/options.md is made of: the tables as rows of text.

import { expectation, type OptionInput, type OptionRow, type OptionTable } from './options.ts'

export interface OptionDescription {
  readonly group: string
  /** oslo's name. */
  readonly name: string
  /** The name in resolved options. */
  readonly property: string
  readonly type: string
  readonly accepts: string
  /** As text; empty when there is none, or when it is secret. */
  readonly default: string
  readonly secret: boolean
  readonly own: boolean
  readonly deviation: string | undefined
  readonly inert: string | undefined
  readonly help: string
}

/** One row of text per option, in the order of the table. */
export function describeOptions(table: OptionTable): OptionDescription[] {
  return Object.entries(table.rows).map(([property, row]) => ({
    group: table.group,
    name: row.name,
    property,
    type: row.type,
    accepts: expectation(row),
    default: row.secret ? '' : defaultText(row.default),
    secret: row.secret ?? false,
    own: row.own ?? false,
    deviation: row.deviation,
    inert: row.inert,
    help: row.help,
  }))
}

function defaultText(value: OptionInput): string {
  if (value === null) return ''
  return Array.isArray(value) ? value.join(',') : String(value)
}

const INTRODUCTION = `# Options

Made from the option tables in the source by \`node scripts/write-reference.mjs\`; a test fails when it is stale.

Options of \`[oslo_messaging_amqp]\` can be given in the transport URL's query (\`amqp://host?idle_timeout=30\`), in the
\`options\` of \`createTransport\`, and in a configuration file of oslo's, which \`loadOsloConfig(path)\` reads. The query wins. The
other groups are for configuration files; in a program they are options of \`createTransport\`, \`RpcClient\`, \`serveRpc\` and
\`Notifier\`. Durations are whole seconds here, because these are oslo's names; everything else in this library is in milliseconds
and says so.
`

/** The reference page, in Markdown. */
export function optionsPage(tables: readonly OptionTable[]): string {
  const groups = new Set(tables.map((table) => table.group))
  const sections = [...groups].map((group) => groupSection(group, tables))
  return `${[INTRODUCTION, ...sections].join('\n')}`
}

/** Several rooms may have options in one group. */
function groupSection(group: string, tables: readonly OptionTable[]): string {
  const lines = [`## [${group}]`, '', '| option | type | default | meaning |', '|---|---|---|---|']
  for (const table of tables) {
    if (table.group !== group) continue
    const rows = Object.values(table.rows)
    for (const [index, description] of describeOptions(table).entries())
      lines.push(tableLine(description, rows[index] as OptionRow<unknown>))
  }
  return `${lines.join('\n')}\n`
}

function tableLine(option: OptionDescription, row: OptionRow<unknown>): string {
  const value = option.default === '' ? '' : `\`${option.default}\``
  const remarks = [
    option.help,
    option.deviation ? `**Differs:** ${option.deviation}` : '',
    option.inert ? `**Has no effect:** ${option.inert}` : '',
    option.own ? 'Not in oslo.messaging.' : '',
    option.secret ? 'Secret: never printed.' : '',
    row.repeated ? 'In a file one value a line.' : '',
    row.oldGroups ? `Older files: also in \`[${row.oldGroups.join(']`, `[')}]\`.` : '',
    row.oldNames ? `Older files: also \`${row.oldNames.join('`, `')}\`.` : '',
  ]
  return cells([`\`${option.name}\``, option.accepts, value, remarks.filter(Boolean).join(' ')])
}

const cells = (texts: readonly string[]): string =>
  `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`

// docs/reference/channels.md: the diagnostics channels and what is published there, from the declarations in the source.
import { readdirSync } from 'node:fs'
import ts from 'typescript'
import { commentOf, declaredInterface, interfacesOf, parse } from './declared-interfaces.mjs'
import { markdownTable } from './markdown-table.mjs'

/** Where each group is declared. */
const GROUPS = [
  { title: '## Defects of the application', file: 'src/support/report-defect.ts' },
  { title: '## AMQP 1.0 (door `oslo-messaging/amqp`)', file: 'src/amqp/events.ts' },
  { title: '## The driver (door `oslo-messaging`)', file: 'src/amqp1/events.ts' },
  { title: '## Notifications (door `oslo-messaging`)', file: 'src/notify/events.ts' },
]

const PREFIX = 'oslo-messaging:'

const INTRODUCTION = `# Diagnostics channels

Made from the declarations in the source by \`node scripts/write-reference.mjs\`; a test fails when it is stale.

The library logs nothing. What an operator may want to know, and no caller waits for, is published through
[\`node:diagnostics_channel\`](https://nodejs.org/api/diagnostics_channel.html); without a subscriber nothing is made.

\`\`\`js
import { subscribe } from 'node:diagnostics_channel'

subscribe('oslo-messaging:amqp.link', ({ event, link, error }) => {
  console.log(event, link.role, link.name, error?.message)
})
\`\`\`

A subscriber is called at once and in the middle of the work: it should be short, and change nothing. What it throws is an uncaught
exception, as Node has it. Names of fields and events are stable; messages may get more fields.
`

/** Every channel of the library: `{ channel, file, message }`, where the message is a declared interface. */
export function channels() {
  return sourcePaths().flatMap((file) => {
    return channelsOf(file).map((channel) => {
      const message = interfacesOf(file).find((declaration) => commentOf(declaration).startsWith(`\`${channel}\`: `))
      if (!message) throw new Error(`${file}: no interface says in its comment that it is published on ${channel}`)
      return { channel, file, message: declaredInterface(file, message.name.text) }
    })
  })
}

export function channelsPage() {
  const all = channels()
  const sections = GROUPS.map(({ title, file }) => {
    const own = all.filter((declared) => declared.file === file)
    return [title, '', ...own.map(section)].join('\n')
  })
  const homeless = all.filter(({ file }) => !GROUPS.some((group) => group.file === file))
  if (homeless.length > 0) throw new Error(`no section for ${homeless.map(({ channel }) => channel).join(', ')}`)
  return [INTRODUCTION, ...sections].join('\n')
}

function section({ channel, message }) {
  const rows = message.members.map(({ name, type, meaning }) => [`\`${name}\``, `\`${type}\``, meaning])
  const meaning = message.meaning.slice(message.meaning.indexOf(': ') + 2)
  return [`### \`${channel}\``, '', sentence(meaning), '', markdownTable(['field', 'type', 'meaning'], rows), ''].join(
    '\n',
  )
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`

function sourcePaths() {
  const names = readdirSync('src', { recursive: true }).map((name) => `src/${name.replaceAll('\\', '/')}`)
  return names.filter((name) => name.endsWith('.ts')).sort()
}

/** `diagnosticsChannel<T>('topic')` and `channel('oslo-messaging:topic')`, wherever they are called with a text. */
function channelsOf(file) {
  const found = []
  const see = (node) => {
    if (ts.isCallExpression(node) && ts.isStringLiteralLike(node.arguments[0] ?? node)) {
      const [{ text }] = node.arguments
      const callee = node.expression.getText()
      if (callee === 'diagnosticsChannel') found.push(`${PREFIX}${text}`)
      else if (callee === 'channel' && text.startsWith(PREFIX)) found.push(text)
    }
    ts.forEachChild(node, see)
  }
  see(parse(file))
  return found
}

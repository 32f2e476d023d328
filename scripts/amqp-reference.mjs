// docs/reference/amqp.md: what can be said to the door `oslo-messaging/amqp`, from the declarations in the source.
import * as checks from '../dist/amqp/option-checks.js'
import { declaredInterface } from './declared-interfaces.mjs'
import { markdownTable } from './markdown-table.mjs'

const OPTIONS = 'src/amqp/options.ts'

/** One table each: where it is declared, what is said above it, and, for options, what checks them. */
const SECTIONS = [
  { title: '## connect', file: OPTIONS, name: 'ConnectOptions', check: checks.checkConnectOptions },
  { title: '### sasl of connect', file: OPTIONS, name: 'ClientSaslOptions', check: inSasl(checks.checkConnectOptions) },
  { title: '### webSocket of connect', file: 'src/amqp/web-socket-options.ts', name: 'WebSocketConnectOptions' },
  { title: '## listen', file: OPTIONS, name: 'ListenOptions', check: checks.checkListenOptions },
  { title: '### sasl of listen', file: OPTIONS, name: 'ServerSaslOptions', check: inSasl(checks.checkListenOptions) },
  { title: '### scramDecoy of sasl of listen', file: OPTIONS, name: 'ScramDecoyOptions' },
  { title: '### makeScramCredentials', file: 'src/amqp/scram-credentials.ts', name: 'ScramCredentialsOptions' },
  { title: '### webSocket of listen', file: 'src/amqp/web-socket-options.ts', name: 'WebSocketListenOptions' },
  { title: '## connect and listen', file: OPTIONS, name: 'EndpointOptions', check: checks.checkConnectOptions },
  { title: '## Limits: connect and listen', file: OPTIONS, name: 'LimitOptions', check: checks.checkConnectOptions },
  { title: '## openSession', file: OPTIONS, name: 'SessionOptions', check: checks.checkSessionOptions },
  {
    title: '## Links: attachSender, attachReceiver, acceptSender, acceptReceiver',
    file: OPTIONS,
    name: 'LinkOptions',
    check: asLink(true),
  },
  { title: '### attachSender, acceptSender', file: OPTIONS, name: 'SenderOptions', check: asLink(false) },
  { title: '### attachReceiver, acceptReceiver', file: OPTIONS, name: 'ReceiverOptions', check: asLink(true) },
  { title: '### attachLinkPair', file: 'src/amqp/link-pair.ts', name: 'LinkPairOptions' },
  { title: '## send', file: 'src/amqp/send.ts', name: 'SendOptions' },
  { title: '## submit', file: 'src/amqp/submission.ts', name: 'SubmitOptions' },
  { title: '## Source and target', file: 'src/codec/terminus.ts', name: 'Terminus' },
  { title: '### A source has besides', file: 'src/codec/terminus.ts', name: 'Source' },
  { title: '## Messages', file: 'src/codec/sections.ts', name: 'Message' },
  { title: '### header', file: 'src/codec/header-section.ts', name: 'Header' },
  { title: '### properties', file: 'src/codec/properties-section.ts', name: 'Properties' },
  { title: '## Error conditions', file: 'src/codec/delivery-state.ts', name: 'ErrorCondition' },
]

const INTRODUCTION = `# AMQP 1.0: options and fields

Made from the declarations in the source by \`node scripts/write-reference.mjs\`; a test fails when it is stale.

What can be said to the functions of \`oslo-messaging/amqp\`, and what is in a message. Durations are milliseconds and called so,
sizes are bytes. An unknown name, or a value that cannot be, is a \`TypeError\` or \`RangeError\` that names both and is thrown before
anything is sent. How all of it is used is in [the guide](../guide/amqp.md); errors are in [errors.md](errors.md), diagnostics channels in
[channels.md](channels.md). "Part 2, 2.6.7" is a place in the specification of AMQP 1.0.
`

/** The tables of the page: `{ title, name, meaning, members }`, where a member also has what it `accepts`. */
export function amqpTables() {
  return SECTIONS.map(({ title, file, name, check }) => {
    const declared = declaredInterface(file, name)
    const members = declared.members.map((member) => ({ ...member, accepts: acceptsOf(member, check) }))
    return { ...declared, title, members }
  })
}

export function amqpPage() {
  return `${[INTRODUCTION, ...amqpTables().map(section)].join('\n')}`
}

function section({ title, meaning, members }) {
  const hasDefaults = members.some((member) => member.default !== '')
  const headings = ['name', 'type', ...(hasDefaults ? ['default'] : []), 'meaning']
  const rows = members.map((member) => [
    `\`${member.name}\``,
    member.accepts,
    ...(hasDefaults ? [member.default] : []),
    member.meaning,
  ])
  return [title, '', ...(meaning ? [meaning, ''] : []), markdownTable(headings, rows), ''].join('\n')
}

/** In the words of the check where they say more than the type does. */
function acceptsOf({ name, type }, check) {
  const plain = /^(string|number|boolean|readonly string\[\]|AbortSignal)$/.test(type)
  return check && plain ? expectation(name, check) : `\`${type}\``
}

/** What the check says when it gets what no option accepts. */
function expectation(name, check) {
  try {
    check({ [name]: Symbol('nothing') })
  } catch (error) {
    const words = / expected (.+), not a symbol$/.exec(error.message)?.[1]
    return words
  }
  return undefined // checked in words of its own
}

function inSasl(check) {
  return (sasl) => check({ sasl })
}

function asLink(weReceive) {
  return (options) => checks.checkLinkOptions(options, weReceive)
}

// Reporter for node:test: a line for each test file, what failed in full, why something was skipped, and node's own counts at the end.
import { relative } from 'node:path'
import { inspect } from 'node:util'

const colour = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
const green = (text) => paint(32, text)
const red = (text) => paint(31, text)
const grey = (text) => paint(90, text)

/** `test/unit/rpc/client.test` for the compiled file that Node names. */
const nameOf = (file) =>
  relative(process.cwd(), file ?? '')
    .replace(/^build\//, '')
    .replace(/\.[jt]s$/, '')

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter from the default export
export default async function* report(events) {
  const state = { path: [], failures: [], current: undefined }
  for await (const { type, data } of events) {
    if (type === 'test:start') state.path[data.nesting] = data.name
    else if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    else if (type === 'test:diagnostic' && data.nesting === 0 && COUNT.test(data.message))
      yield* countLine(state, data.message)
    else if (type === 'test:diagnostic' && data.file === state.current?.file)
      state.current.notes.push(`    ${data.message}`)
    else if (type === 'test:pass' || type === 'test:fail') yield* oneResult(state, type, data)
  }
  if (state.current) yield lineOf(state.current)
}

const COUNT = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /

/** The counts come last: the line of the last file and the failures go before them. */
function* countLine(state, message) {
  if (state.current) yield lineOf(state.current)
  state.current = undefined
  yield* state.failures.splice(0)
  yield `# ${message}\n`
}

function* oneResult(state, type, data) {
  if (state.current?.file !== data.file) {
    if (state.current) yield lineOf(state.current)
    state.current = { file: data.file, passed: 0, failed: 0, ms: 0, notes: [] }
  }
  const { current } = state
  if (data.nesting === 0) current.ms += data.details.duration_ms
  if (type === 'test:fail') {
    if (!isEcho(data)) state.failures.push(countFailure(current, data, state.path))
  } else if (data.details.type !== 'suite') countPass(current, data)
}

/** A suite fails because a test in it does: that test has been told about. */
const isEcho = ({ details }) => details.error?.failureType === 'subtestsFailed'

function countPass(current, { name, skip, todo }) {
  if (skip === undefined && todo === undefined) current.passed += 1
  else
    current.notes.push(
      `    ${skip === undefined ? 'to do' : 'skipped'}: ${name}${typeof (skip ?? todo) === 'string' ? ` (${skip ?? todo})` : ''}`,
    )
}

function countFailure(current, { name, nesting, details, line, column }, path) {
  current.failed += 1
  const title = [...path.slice(0, nesting), name].join(' > ')
  const error = details.error?.cause ?? details.error
  // The message of an assertion holds the difference already; its properties would tell it three times.
  const text =
    error?.code === 'ERR_ASSERTION'
      ? error.stack
      : typeof error === 'string'
        ? error
        : inspect(error, { colors: colour })
  return `\n${red('failed')}  ${title}\n${grey(`        ${nameOf(current.file)}:${line ?? 0}:${column ?? 0}`)}\n${text.replace(/^/gm, '    ')}\n\n`
}

function lineOf({ file, passed, failed, ms, notes }) {
  const counts = failed > 0 ? red(`${failed} of ${passed + failed} failed`) : green(`${passed} passed`)
  return `${nameOf(file).padEnd(60)} ${counts} ${grey(`${Math.round(ms)} ms`)}\n${notes.map((note) => `${grey(note)}\n`).join('')}`
}

// Compiles once, then runs the test files of the tiers that are named (folders of test/):
//
//   node scripts/test.mjs unit conformance            npm test -- --only rpc/client
//     --only TEXT     only the files whose path holds TEXT
//     --name PATTERN  only the tests whose title matches
//     --no-build      what is compiled already
//
// Node 20's runner takes file names only and passes when there are none: so the files are listed here, and a tier without any fails.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { run } from './run.mjs'

const { values, positionals: tiers } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, name: { type: 'string' }, 'no-build': { type: 'boolean' } },
})

const files = tiers.flatMap(filesOf)
/** Rooms whose unit tests share nothing but functions: the files of each are loaded by one process, which saves most of their time. */
const TOGETHER = ['amqp1', 'cli', 'codec', 'messaging', 'notify', 'router', 'rpc', 'support', 'testing'].map(
  (room) => `build/test/unit/${room}/`,
)
if (files.length === 0)
  fail(
    `no test file whose path holds "${values.only}" in ${tiers.map((tier) => `test/${tier}`).join(', ') || 'no tier'}`,
  )

if (!values['no-build']) {
  run('scripts/build.mjs', [])
  const memory = ['--incremental', '--tsBuildInfoFile', 'build/tests.tsbuildinfo']
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json', ...memory])
}

const flags = [
  '--test',
  '--test-reporter=./scripts/reporter.mjs',
  '--test-reporter-destination=stdout',
  // One more than there are cores: some tests wait for deadlines.
  `--test-concurrency=${1 + Math.max(2, availableParallelism())}`,
]
// The limit holds for a file as well as for a test: it only keeps a hanging test from hanging everything.
flags.push(`--test-timeout=${tiers.some((tier) => tier === 'interop' || tier === 'soak') ? 300_000 : 120_000}`)
if (values.name) flags.push(`--test-name-pattern=${values.name}`)
run('--enable-source-maps', [...flags, ...(values.only ? files : grouped(files))], { telling: true })

function filesOf(tier) {
  const folder = join('test', tier)
  const found = existsSync(folder)
    ? readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.test.ts'))
    : []
  if (found.length === 0) fail(`no test file in ${folder}`)
  return found
    .map((file) => join(folder, file))
    .filter((file) => file.includes(values.only))
    .sort()
    .map((file) => join('build', file.replace(/\.ts$/, '.js')))
}

/** The files, those of a room that may be together as one that loads them. */
function grouped(files) {
  const folder = 'build/test/together'
  mkdirSync(folder, { recursive: true })
  const groups = TOGETHER.flatMap((room) => {
    const own = files.filter((file) => file.startsWith(room))
    if (own.length === 0) return []
    const group = join(folder, `${basename(room)}.test.js`)
    writeFileSync(group, own.map((file) => `import '${relative(folder, file)}'\n`).join(''))
    return [group]
  })
  return [...groups, ...files.filter((file) => !TOGETHER.some((room) => file.startsWith(room)))]
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

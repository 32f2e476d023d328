// Compiles src, test and examples once into build/, then runs the test files of the tiers that are named:
//   node scripts/test.mjs unit conformance integration        (add --only TEXT for files whose path holds TEXT)
// Node 20's runner takes file names only and passes when there are none, so the files are listed here, and none is an error.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'

const words = process.argv.slice(2)
const at = words.indexOf('--only')
const only = at < 0 ? '' : words.splice(at, 2)[1]
const skipBuild = words.includes('--no-build')
const tiers = words.filter((word) => !word.startsWith('--'))

const listed = (tier) =>
  readdirSync(join('test', tier), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
    .map((file) => join('build', 'test', tier, file.replace(/\.ts$/, '.js')))
    .filter((file) => file.includes(only))

const files = tiers.flatMap(listed)
if (files.length === 0) {
  console.error(`no test file in ${tiers.join(', ')}${only ? ` whose path holds "${only}"` : ''}`)
  process.exit(1)
}
if (!skipBuild) {
  run('scripts/build.mjs', [])
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json'])
}
const reporter = process.env.CI ? 'spec' : 'spec'
run('--enable-source-maps', ['--test', `--test-reporter=${reporter}`, '--test-timeout=120000', ...files])

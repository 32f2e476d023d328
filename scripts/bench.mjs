// Runs a benchmark: `npm run bench:engine`. The opponents are installed in benchmarks/, which has a package of its own.
import { existsSync } from 'node:fs'
import { run } from './run.mjs'

const [name, ...args] = process.argv.slice(2)
const program = `benchmarks/${name}/run.mjs`
if (!name || !existsSync(program)) {
  console.error(`no benchmark ${program}`)
  process.exit(1)
}
run('scripts/build.mjs', [])
if (!existsSync('benchmarks/node_modules'))
  run(process.env.npm_execpath, ['ci', '--prefix', 'benchmarks'], { quiet: true })
run(program, args)

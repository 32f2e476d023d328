// Runs a benchmark: `npm run bench:engine`. The opponents are installed in benchmarks/, which has a package of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { run } from './run.mjs'

const [name, ...args] = process.argv.slice(2)
const program = `benchmarks/${name}/run.mjs`
if (!name || !existsSync(program)) {
  console.error(`no benchmark ${program}`)
  process.exit(1)
}
run('scripts/build.mjs', [])
if (!opponentsAreThere()) installOpponents()
run(program, args)

/** As the lock file says now: npm notes what it installed. */
function opponentsAreThere() {
  const installed = 'benchmarks/node_modules/.package-lock.json'
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync('benchmarks/package-lock.json').mtimeMs
}

/** Without them a benchmark says itself what it lacks. */
function installOpponents() {
  const { status, stderr } = spawnSync(process.execPath, [process.env.npm_execpath, 'ci', '--prefix', 'benchmarks'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) console.error(`${stderr}the opponents could not be installed: npm ci --prefix benchmarks failed`)
}

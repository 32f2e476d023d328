// Every gate that needs no network: types, format and lint, the package as it would be published, its types for users.
// (The gates of the architecture, the house rules and the documents are tests: test/unit/repository.)
import { mkdirSync, readFileSync } from 'node:fs'
import { run } from './run.mjs'

const step = (name, program, args, options) => {
  const started = performance.now()
  run(program, args, options)
  console.log(`ok  ${name.padEnd(44)}${((performance.now() - started) / 1000).toFixed(1)} s`)
}

step('the package compiles', 'scripts/build.mjs', [])
step('tests and examples compile', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit'])
step('format and lint (biome)', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'], {
  quiet: true,
})

// Packed once and without scripts: it has just been built.
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
const tarball = `build/${name}-${version}.tgz`
mkdirSync('build', { recursive: true })
step('the package packs', npm(), ['pack', '--ignore-scripts', '--pack-destination', 'build'], { quiet: true })
step('the published package (publint)', 'node_modules/publint/src/cli.js', ['run', tarball, '--strict'], {
  quiet: true,
})
step(
  'its types for users (are-the-types-wrong)',
  'node_modules/@arethetypeswrong/cli/dist/index.js',
  [tarball, '--profile', 'esm-only'],
  { quiet: true },
)

// Not every user skips the check of libraries: our declarations must stand on their own.
const doors = ['index', 'amqp/index', 'router/index', 'testing/index'].map((door) => `dist/${door}.d.ts`)
const compiler = '--ignoreConfig --noEmit --strict --skipLibCheck false --module nodenext --target es2022 --types node'
step('its types checked without skipLibCheck', 'node_modules/typescript/bin/tsc', [
  ...compiler.split(' '),
  ...['--lib', 'es2023,esnext.disposable'],
  ...doors,
])

/** npm's own program, as npm tells the scripts that it runs. */
function npm() {
  const program = process.env.npm_execpath
  if (program) return program
  console.error('start this with: npm run check')
  process.exit(1)
}

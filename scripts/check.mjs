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

/** npm's own program, as npm tells the scripts that it runs. */
function npm() {
  const program = process.env.npm_execpath
  if (program) return program
  console.error('start this with: npm run check')
  process.exit(1)
}

// Compiles the package (src -> dist); with --examples also the examples (examples -> build/examples), which import
// the package by its name and so need dist first. Quiet unless something is wrong, and safe to run twice: what an older
// source left in dist is taken away, so that nothing is published that no source stands behind.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'

// What the compiler remembers of the last time holds only for a dist that is there.
const memory = 'build/package.tsbuildinfo'
if (!existsSync('dist/index.js')) rmSync(memory, { force: true })
run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--incremental', '--tsBuildInfoFile', memory])
for (const file of readdirSync('dist', { recursive: true })) {
  const source = join('src', file.replace(/(\.d\.ts|\.js)$/, '.ts'))
  if (!existsSync(source)) rmSync(join('dist', file), { recursive: true, force: true })
}
chmodSync('dist/cli/main.js', 0o755)
if (process.argv.includes('--examples')) run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.examples.json'])

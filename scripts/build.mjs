// Compiles the package (src -> dist); with --examples also the examples (examples -> build/examples), which import
// the package by its name and so need dist first. Quiet unless something is wrong, and safe to run twice.
import { chmodSync } from 'node:fs'
import { run } from './run.mjs'

run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json'])
chmodSync('dist/cli/main.js', 0o755)
if (process.argv.includes('--examples')) run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.examples.json'])

// Every gate that needs no network: types, format and lint, the package as it would be published, its types for users.
import { run } from './run.mjs'

run('scripts/build.mjs', [])
run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit'])
run('node_modules/@biomejs/biome/bin/biome', ['check', '.'])
run('node_modules/publint/src/cli.js', ['--strict'])
run('node_modules/@arethetypeswrong/cli/dist/index.js', ['--pack', '.', '--profile', 'esm-only', '--quiet'])

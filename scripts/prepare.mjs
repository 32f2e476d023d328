// npm runs this after `npm ci` in a checkout and before packing. An installation from the registry has dist already
// and no compiler: then there is nothing to do.
import { existsSync } from 'node:fs'

if (existsSync('node_modules/typescript/bin/tsc') && existsSync('tsconfig.build.json')) await import('./build.mjs')

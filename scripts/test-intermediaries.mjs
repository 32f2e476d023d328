// Compiles once, then puts the intermediaries that are named (all without a name) to the suite of test/intermediaries:
//
//   npm run test:intermediaries -- rabbitmq3 router        npm run test:intermediaries -- --url amqp://127.0.0.1:5672
//     --no-build      what is compiled already
import { run } from './run.mjs'

const args = process.argv.slice(2).filter((argument) => argument !== '--no-build')
if (args.length === process.argv.length - 2) {
  run('scripts/build.mjs', [])
  const memory = ['--incremental', '--tsBuildInfoFile', 'build/tests.tsbuildinfo']
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json', ...memory])
}
run('--enable-source-maps', ['build/test/intermediaries/main.js', ...args], { telling: true })

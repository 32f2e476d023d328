#!/usr/bin/env node
// The command `omsg`. Everything that belongs to this process (its streams, signals and exit status) is tied in here.

import { newProgram, runProgram } from './command.ts'
import { commandsFor } from './commands.ts'
import { EXIT } from './exit-codes.ts'
import { Output } from './output.ts'
import { Interruption, stopOnSignals } from './signals.ts'

const interruption = new Interruption()
const output = new Output(process, (error) => {
  interruption.begin('nobody reads the output any more')
  // A reader that has seen enough (`omsg listen | head -1`) is no failure. A full disk is: results are lost.
  if (error.code === 'EPIPE') return
  output.failure(error)
  process.once('exit', () => {
    process.exitCode = EXIT.failed
  })
})
const context = { output, env: process.env, stop: interruption.stop, giveUp: interruption.giveUp }
stopOnSignals(process, interruption)

const args = process.argv.slice(2)
const program = newProgram(context, await commandsFor(args, context, process.stdin))
process.exitCode = await runProgram(program, args, context)

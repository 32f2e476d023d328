#!/usr/bin/env node
// The command `omsg`. Everything that belongs to this process (its streams, signals and exit status) is tied in here.

import { callCommand } from './call.ts'
import { castCommand } from './cast.ts'
import { newProgram, runProgram } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { listenCommand } from './listen.ts'
import { notifyCommand } from './notify.ts'
import { optionsCommand } from './options.ts'
import { Output } from './output.ts'
import { passwdCommand } from './passwd.ts'
import { routerCommand } from './router.ts'
import { serveCommand } from './serve.ts'
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

const program = newProgram(context, [
  routerCommand(context),
  passwdCommand(context, process.stdin),
  serveCommand(context),
  callCommand(context),
  castCommand(context),
  notifyCommand(context),
  listenCommand(context),
  optionsCommand(context),
])
process.exitCode = await runProgram(program, process.argv.slice(2), context)

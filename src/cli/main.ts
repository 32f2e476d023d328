#!/usr/bin/env node
// The command `omsg`. Everything that belongs to this process (its streams, signals and exit status) is tied in here.

import { callCommand } from './call.ts'
import { castCommand } from './cast.ts'
import { newProgram, runProgram } from './command.ts'
import { listenCommand } from './listen.ts'
import { notifyCommand } from './notify.ts'
import { optionsCommand } from './options.ts'
import { Output } from './output.ts'
import { routerCommand } from './router.ts'
import { serveCommand } from './serve.ts'
import { stopOnSignals } from './signals.ts'

const stopping = new AbortController()
const output = new Output(process, () => stopping.abort())
const context = { output, env: process.env, stop: stopping.signal }
stopOnSignals(process, stopping)

const program = newProgram(context, [
  routerCommand(context),
  serveCommand(context),
  callCommand(context),
  castCommand(context),
  notifyCommand(context),
  listenCommand(context),
  optionsCommand(context),
])
process.exitCode = await runProgram(program, process.argv.slice(2), output)

// omsg router: the embedded router on its own, for development, tests and small edges.

import type { Command } from 'commander'
import {
  loadRouterConfig,
  type Router,
  RouterConfigError,
  type RouterOptions,
  RouterOptionsError,
  startRouter,
  UnprotectedRouterError,
} from '../router/index.ts'
import { type CommandContext, newCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { addJsonFlag } from './flags.ts'
import type { Output } from './output.ts'
import { addRouterFlags, type RouterFlags, routerOptions } from './router-flags.ts'
import { addLogFlags, type LogFlags, logOptions } from './router-log.ts'
import { aborted } from './signals.ts'

const HELP = `
Prints "listening on amqp://HOST:PORT" when it is ready. Example:
  omsg router --port 5671 --tls-cert router.pem --tls-key router.key --config router.json
where router.json holds { "rules": [{ "pattern": "events.*.error", "distribution": "multicast" }] }`

export function routerCommand(context: CommandContext): Command {
  const command = newCommand(context, 'router', 'run the embedded AMQP 1.0 router until it is stopped')
  addJsonFlag(addLogFlags(addRouterFlags(command))).addHelpText('after', HELP)
  return command.action((flags: RouterFlags & LogFlags) => run(context, flags))
}

async function run({ output, stop }: CommandContext, flags: RouterFlags & LogFlags): Promise<void> {
  const file = await configured(flags.config, output)
  const options = await routerOptions(flags, file)
  const router = await start({ ...options, ...logOptions(flags, file, output) })
  output.line(`listening on ${router.url}`)
  if (router.metricsUrl !== undefined) output.note(`metrics on ${router.metricsUrl}`)
  await aborted(stop)
  await router.close()
}

async function configured(path: string | undefined, output: Output): Promise<RouterOptions> {
  if (path === undefined) return {}
  try {
    const { options, warnings } = await loadRouterConfig(path)
    for (const warning of warnings) output.note(warning)
    return options
  } catch (error) {
    throw error instanceof RouterConfigError ? mistake(error.message, error) : error
  }
}

async function start(options: RouterOptions): Promise<Router> {
  try {
    return await startRouter(options)
  } catch (error) {
    if (error instanceof UnprotectedRouterError) {
      throw mistake(
        `host ${options.host}: omsg router lets everybody in, so it listens only where programs on this machine reach it: ` +
          'on 127.0.0.1, ::1 or localhost. For others give --users (omsg passwd makes the file); or --tls-cert, --tls-key, ' +
          '--tls-ca and --require-client-cert; or say --allow-anonymous',
        error,
      )
    }
    throw error instanceof RouterOptionsError ? mistake(error.message, error) : error
  }
}

/** On the command line, or in the file that it names. */
const mistake = (message: string, cause: unknown): UsageError => new UsageError(`error: ${message}`, { cause })

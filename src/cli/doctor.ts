// omsg doctor: what is behind a URL, and whether RPC and notifications would work over it.

import { type Command, Option } from 'commander'
import { diagnose } from '../doctor/diagnose.ts'
import { type CommandContext, checkUsage, newCommand } from './command.ts'
import { addTransportFlags, driverOptions, milliseconds, requireUrl, type TransportFlags } from './flags.ts'
import { readableDiagnosis } from './readable-diagnosis.ts'

interface DoctorFlags extends TransportFlags {
  readonly timeoutMs: number
}

export function doctorCommand(context: CommandContext): Command {
  const command = newCommand(
    context,
    'doctor',
    'examine what is behind a URL, and say what works over it and what to configure',
  ).argument('[URL]', 'transport URL, as amqp://user:password@host:5672/virtual-host (or --url, or set OMSG_URL)')
  return addTransportFlags(command)
    .addHelpText(
      'after',
      '\nEvery pattern is tried with topics of its own (omsg-doctor…), whose queues may stay on a broker. Exit status 0: RPC and notifications would work; 1: not all would.',
    )
    .addOption(new Option('--timeout-ms <ms>', 'how long each step may take').argParser(milliseconds).default(3_000))
    .action((url: string | undefined, flags: DoctorFlags) => examine(context, { ...flags, ...(url ? { url } : {}) }))
}

async function examine({ output, env, giveUp }: CommandContext, flags: DoctorFlags): Promise<void> {
  const url = requireUrl(flags, env)
  const options = driverOptions(flags.option)
  const diagnoses = checkUsage(() => diagnose(url, { options, timeoutMs: flags.timeoutMs, signal: giveUp }))
  const failing: string[] = []
  for await (const diagnosis of diagnoses) {
    if (!diagnosis.rpc || !diagnosis.notifications) failing.push(diagnosis.url)
    if (flags.json) output.result(diagnosis)
    else await output.styled(readableDiagnosis(diagnosis, output))
  }
  // A command that was told to stop, and did, ends with 0.
  if (giveUp.aborted) output.failure(giveUp.reason)
  else if (failing.length > 0) throw new BusNotUsableError(`not all would work over ${failing.join(', ')}`)
}

/** RPC, notifications or both would not work: what was found is on stdout. */
class BusNotUsableError extends Error {
  override readonly name = 'BusNotUsableError'
  readonly code = 'BUS_NOT_USABLE'
}

// The transport of one command: from the flags, and closed when the command is done.

import { createTransport, type Transport } from '../index.ts'
import { type CommandContext, checkUsage } from './command.ts'
import { driverOptions, requireUrl, type TransportFlags } from './flags.ts'

/**
 * Opens the transport that the flags name, runs `use`, and closes the transport, which flushes what is on its way out.
 * Throws UsageError for a URL or an option that cannot be.
 */
export async function withTransport(
  context: CommandContext,
  flags: TransportFlags,
  use: (transport: Transport) => Promise<void>,
): Promise<void> {
  const url = requireUrl(flags, context.env)
  const options = driverOptions(flags.option)
  const transport = checkUsage(() => createTransport(url, { options }))
  try {
    await use(transport)
  } finally {
    await transport.close()
  }
}

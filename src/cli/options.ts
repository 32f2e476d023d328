// omsg options: every driver option, from the tables that the drivers read.

import type { Command } from 'commander'
import { OPTION_TABLES } from '../index.ts'
import { describeOptions, type OptionDescription } from '../support/option-reference.ts'
import { type CommandContext, newCommand } from './command.ts'
import { addJsonFlag } from './flags.ts'
import type { Output } from './output.ts'
import { printable } from './printable.ts'
import { styled } from './styled.ts'

export function optionsCommand(context: CommandContext): Command {
  const command = newCommand(context, 'options', 'list the driver options that --option and the URL query take')
  return addJsonFlag(command).action((flags: { readonly json?: boolean }) => list(context.output, flags.json === true))
}

function list(output: Output, json: boolean): void {
  for (const table of OPTION_TABLES) {
    const options = describeOptions(table)
    if (!json) output.styled(heading(output, `[${table.group}]`))
    for (const option of options) {
      if (json) output.result(asResult(option))
      else output.styled(readable(output, option))
    }
  }
}

function asResult({
  group,
  name,
  type,
  accepts,
  default: value,
  secret,
  own,
  deviation,
  inert,
  help,
}: OptionDescription): object {
  return { group, name, type, accepts, default: value, secret, own, deviation, inert, help }
}

function readable(output: Output, option: OptionDescription): string {
  const value = option.default === '' ? '' : ` (default: ${option.default})`
  const remarks = [
    option.help,
    option.inert ? `Has no effect: ${option.inert}` : '',
    option.own ? 'Not in oslo.messaging.' : '',
  ]
  return `  ${heading(output, option.name)}  ${option.accepts}${value}\n      ${printable(remarks.filter(Boolean).join(' '))}`
}

const heading = (output: Output, text: string): string => (output.colour ? styled('bold', text) : text)

// The log of `omsg router` on stderr: for a person, or a JSON object a line.

import type { Command } from 'commander'
import { Option } from 'commander'
import { LOG_LEVELS, type RouterLogEntry, type RouterLogLevel, type RouterOptions } from '../router/index.ts'
import type { Output } from './output.ts'

const FORMS = ['text', 'json', 'none'] as const

export interface LogFlags {
  readonly log?: (typeof FORMS)[number]
  readonly logLevel?: RouterLogLevel
}

export function addLogFlags(command: Command): Command {
  const form = new Option('--log <form>', 'what happens, on stderr, from info on (default: text, from warning on)')
  const level = new Option('--log-level <level>', 'the least urgent that is logged')
  return command.addOption(form.choices(FORMS)).addOption(level.choices(LOG_LEVELS))
}

/** Whoever names a form wants to see something; else only what somebody should look at is shown. */
export function logOptions(
  { log, logLevel }: LogFlags,
  file: RouterOptions,
  output: Output,
): Pick<RouterOptions, 'log' | 'logLevel'> {
  if (log === 'none') return {}
  const show = log === 'json' ? (entry: RouterLogEntry) => JSON.stringify(entry) : textOf
  return {
    log: (entry) => output.note(show(entry)),
    logLevel: logLevel ?? file.logLevel ?? (log === undefined ? 'warning' : 'info'),
  }
}

const textOf = ({ time, level, event, message }: RouterLogEntry): string => `${time} ${level} ${event}: ${message}`

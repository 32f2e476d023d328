// Which notifications `omsg listen` shows, of those that it takes.

import { type Command, InvalidArgumentError } from 'commander'
import { type NotificationEvent, PRIORITIES, type Priority } from '../index.ts'
import { Glob } from '../support/glob.ts'

export interface ChoiceFlags {
  readonly priority?: readonly Priority[]
  readonly eventType?: readonly Glob[]
  readonly publisher?: readonly Glob[]
}

/** Each may be repeated, and takes several with commas between them: one that fits is enough. All flags that are given must fit. */
export function addChoiceFlags(command: Command): Command {
  return command
    .option('--priority <list>', `comma separated, of ${PRIORITIES.join(', ')} (default: all)`, priorities)
    .option('--event-type <patterns>', 'show only events that fit, as compute.* or *.end; comma separated', patterns)
    .option('--publisher <patterns>', 'show only what publishers that fit say, as compute.*', patterns)
}

/** Whether the filters want it to be seen. The priority is no question any more: others do not arrive. */
export function isChosen({ eventType, publisher }: ChoiceFlags, event: NotificationEvent): boolean {
  return fits(eventType, event.eventType) && fits(publisher, event.publisherId)
}

/** What is no text fits no pattern. */
const fits = (globs: readonly Glob[] | undefined, text: unknown): boolean =>
  globs === undefined || (typeof text === 'string' && globs.some((glob) => glob.test(text)))

function priorities(text: string, earlier: readonly Priority[] = []): readonly Priority[] {
  const named = wordsOf(text).map((word) => {
    const found = PRIORITIES.find((priority) => priority === word.toLowerCase())
    if (!found) throw new InvalidArgumentError(`Expected some of ${PRIORITIES.join(', ')}.`)
    return found
  })
  return [...earlier, ...named]
}

function patterns(text: string, earlier: readonly Glob[] = []): readonly Glob[] {
  const words = wordsOf(text)
  if (words.includes('')) throw new InvalidArgumentError('Expected patterns as compute.*, found nothing.')
  return [...earlier, ...words.map((word) => new Glob(word))]
}

const wordsOf = (text: string): string[] => text.split(',').map((word) => word.trim())

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CommandContext, newProgram } from '../../../src/cli/command.ts'
import { commandsFor } from '../../../src/cli/commands.ts'
import { Output } from '../../../src/cli/output.ts'

const never = new AbortController().signal
const context: CommandContext = {
  output: new Output({ stdout: process.stdout, stderr: process.stderr, env: {} }),
  env: {},
  stop: never,
  giveUp: never,
}

async function programFor(...args: readonly string[]) {
  const program = newProgram(context, await commandsFor(args, context, process.stdin))
  return { program, whole: program.commands.filter(({ options }) => options.some(({ description }) => description)) }
}

const namesOf = (commands: readonly { name(): string }[]): string[] => commands.map((command) => command.name())

describe('the commands of omsg', () => {
  it('are listed, when they are not loaded, as they say it themselves', async () => {
    const loaded = await programFor('--misplaced')
    const listed = await programFor('--help')
    assert.equal(listed.program.helpInformation(), loaded.program.helpInformation())
    assert.equal(loaded.whole.length, loaded.program.commands.length - 1, 'all but help have flags')
  })

  it('are loaded when the arguments name them, and only then', async () => {
    assert.deepEqual(namesOf((await programFor('call', '--topic', 't', 'm')).whole), ['call'])
    assert.deepEqual(namesOf((await programFor('help', 'router')).whole), ['router'])
    for (const args of [[], ['help'], ['--version'], ['-h'], ['cal']])
      assert.deepEqual(namesOf((await programFor(...args)).whole), [])
  })

  it('are all asked whose flag it is that stands before the command', async () => {
    const { whole } = await programFor('--url', 'amqp://h', 'call')
    assert.ok(namesOf(whole).includes('serve'))
  })
})

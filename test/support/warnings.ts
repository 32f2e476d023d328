import type { TestContext } from 'node:test'

/** Process warnings of that name while the test runs. */
export function warningsOf(t: TestContext, name: string): string[] {
  const messages: string[] = []
  const note = (warning: Error): void => {
    if (warning.name === name) messages.push(warning.message)
  }
  process.on('warning', note)
  t.after(() => process.off('warning', note))
  return messages
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { TestContext } from 'node:test'
import type { Defect } from '../../src/support/report-defect.ts'

/** What is reported on the channel of defects while the test runs. */
export function defectsOf(t: TestContext): Defect[] {
  const defects: Defect[] = []
  const note = (message: unknown): void => void defects.push(message as Defect)
  subscribe('oslo-messaging:defect', note)
  t.after(() => void unsubscribe('oslo-messaging:defect', note))
  return defects
}

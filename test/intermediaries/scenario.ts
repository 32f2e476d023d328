// What a scenario is, and what can come of it.

import type { Stage } from './stage.ts'

export interface Scenario {
  /** Its row on the page, and its name in the list of known reasons. */
  readonly title: string
  /** Milliseconds after which it counts as hanging. Default 60 000. */
  readonly deadlineMs?: number
  /**
   * Plays it. Resolves when what it promises was seen, with a remark for the page where there is one; rejects when not. Uses the
   * public API of the library, a URL, and defaults.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to remark
  play(stage: Stage): Promise<string | void>
}

/** `no`: it was tried and did not do. `untested`: it could not be tried, which is no yes. */
export type Outcome =
  | { readonly kind: 'yes'; readonly remark?: string | undefined }
  | { readonly kind: 'no'; readonly reason: string; readonly known: boolean }
  | { readonly kind: 'untested'; readonly reason: string }

/** The means to try it are missing here. */
export class Untested extends Error {
  override readonly name = 'Untested'
}

// The cells that are a no and will stay one: what the intermediary cannot do, or what the library does not do there, and why.

interface KnownReason {
  readonly scenario: string
  /** What the failure has to say: another one is not known, and fails the run. */
  readonly failure: RegExp
  /** For the page: why, for somebody who wants to know whether that matters to him. */
  readonly reason: string
}

const POOLS_NOT_THERE: KnownReason = {
  scenario: 'pool',
  failure: /no option pool|unknown.*pool|pool/,
  reason: 'the library has no pools of listeners yet',
}

/** By the intermediary's name. */
const KNOWN: Readonly<Record<string, readonly KnownReason[]>> = {}

/** The reason of a failure that is known, else undefined. */
export function knownReason(intermediary: string, scenario: string, failure: string): string | undefined {
  const reasons = KNOWN[intermediary] ?? []
  return [...reasons, POOLS_NOT_THERE].find((one) => one.scenario === scenario && one.failure.test(failure))?.reason
}

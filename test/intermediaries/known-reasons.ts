// The cells that are a no and will stay one: what the intermediary cannot do, or what the library does not do there, and why.

interface KnownReason {
  readonly scenario: string
  /** What the failure has to say: another one is not known, and fails the run. */
  readonly failure: RegExp
  /** For the page: why, for somebody who wants to know whether that matters to him. */
  readonly reason: string
}

const POOLS_NOT_SUPPORTED: KnownReason = {
  scenario: 'pool',
  failure: /^NOT_SUPPORTED: /,
  reason:
    'it has no addresses at which each of several groups gets every message, and the library says so (NOT_SUPPORTED)',
}

/** Every connection of Python's driver opens a reply link with a plain dynamic address, which no option of it avoids. */
const pythonCannot = (why: string): readonly KnownReason[] => [
  {
    scenario: "Python's client calls our server",
    failure: /MessagingTimeout/,
    reason: `Python's driver wants plain dynamic reply addresses, and ${why}`,
  },
  {
    scenario: "our client calls Python's server",
    failure: /^MESSAGING_TIMEOUT: /,
    reason: `Python's driver wants plain dynamic reply addresses, and ${why}: its server connects again and again`,
  },
]

/** By the intermediary's name. */
const KNOWN: Readonly<Record<string, readonly KnownReason[]>> = {
  rabbitmq3: [POOLS_NOT_SUPPORTED, ...pythonCannot('the plugin has none')],
  'router-qpid-cpp': [POOLS_NOT_SUPPORTED],
  'router-rabbitmq4': [POOLS_NOT_SUPPORTED, ...pythonCannot('RabbitMQ 4 has only those of the kind temporary-queue')],
}

/** The reason of a failure that is known, else undefined. */
export function knownReason(intermediary: string, scenario: string, failure: string): string | undefined {
  const reasons = KNOWN[intermediary] ?? []
  return reasons.find((one) => one.scenario === scenario && one.failure.test(failure))?.reason
}

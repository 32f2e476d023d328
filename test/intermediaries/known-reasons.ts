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

const POOLS_MISS_PYTHONS: KnownReason = {
  ...POOLS_NOT_SUPPORTED,
  reason:
    "its groups that each get every message are those of virtual topics, to which Python's notifiers do not publish: a pool would miss theirs without a word, so the library has none there and says so (NOT_SUPPORTED)",
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

const NO_VIRTUAL_HOSTS: KnownReason = {
  scenario: 'virtual host, as the name of the host (`pseudo_vhost=false`)',
  failure: /^virtual host /,
  reason:
    'it has no virtual hosts, and whatever name a client tells it is the same to it: leave `pseudo_vhost` as it is, and they are kept apart by their addresses',
}

/** Python's driver writes the milliseconds of a clock that counts from the start of the machine into absolute-expiry-time. */
const PYTHONS_CALLS_EXPIRED: KnownReason = {
  scenario: "Python's client calls our server",
  failure: /MessagingTimeout/,
  reason:
    "each call of Python's driver says that it was over in 1970 (absolute-expiry-time), and this broker keeps to that and never delivers it; its casts and notifications say no time, and arrive",
}
const NO_PLAIN_DYNAMIC = 'RabbitMQ 4 has only those of the kind temporary-queue'

/** `why`: what it does not have on the disk. */
const forgetsQueues = (why: string): KnownReason => ({
  scenario: 'notification kept over a restart',
  failure: /^of \d+ accepted notifications 0 were there after it/,
  reason: `${why}: who publishes through it and must not lose anything at a restart needs a store or a broker`,
})

/** By the intermediary's name. */
const KNOWN: Readonly<Record<string, readonly KnownReason[]>> = {
  activemq: [POOLS_MISS_PYTHONS, NO_VIRTUAL_HOSTS, PYTHONS_CALLS_EXPIRED],
  artemis: [NO_VIRTUAL_HOSTS, PYTHONS_CALLS_EXPIRED],
  rabbitmq3: [POOLS_NOT_SUPPORTED, ...pythonCannot('the plugin has none')],
  rabbitmq4: [...pythonCannot('RabbitMQ 4.0 has none')],
  rabbitmq43: [...pythonCannot(NO_PLAIN_DYNAMIC)],
  'service-bus': [
    {
      ...POOLS_NOT_SUPPORTED,
      reason:
        "its groups that each get every message are subscriptions to a topic, and notifiers, Python's too, publish to a queue: there are none, and the library says so (NOT_SUPPORTED)",
    },
    ...pythonCannot('Service Bus has none'),
  ],
  router: [forgetsQueues('it runs here without a store (`--store`), with its queues in memory')],
  'router-qpid-cpp': [
    POOLS_NOT_SUPPORTED,
    forgetsQueues('this imitation has its queues in memory, and qpidd its own store'),
  ],
  'router-rabbitmq4': [
    POOLS_NOT_SUPPORTED,
    ...pythonCannot(NO_PLAIN_DYNAMIC),
    forgetsQueues('this imitation has its queues in memory, where RabbitMQ has them on the disk'),
  ],
}

/** The reason of a failure that is known, else undefined. */
export function knownReason(intermediary: string, scenario: string, failure: string): string | undefined {
  const reasons = KNOWN[intermediary] ?? []
  return reasons.find((one) => one.scenario === scenario && one.failure.test(failure))?.reason
}

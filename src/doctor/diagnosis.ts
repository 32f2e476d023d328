// What an examination of a bus finds.

/** `ok`: it works. `no`: it does not, and should. `note`: worth knowing, and no fault. */
export type FindingState = 'ok' | 'no' | 'note'

export type Area = 'connection' | 'rpc' | 'notifications'

export interface Finding {
  readonly area: Area
  /** What was tried: `call to one server`. */
  readonly check: string
  readonly state: FindingState
  /** What came of it, in a sentence; empty: no more than the state. May hold text of the peer's. */
  readonly said: string
}

/** One of the peer's certificates, or of those who vouch for it. */
export interface Certificate {
  readonly subject: string
  readonly issuer: string
  /** What it is for, as `DNS:localhost`. */
  readonly names: string | undefined
  /** The day on which it ends, as `2027-01-31`. */
  readonly until: string
}

/** What the peer and the way to it are like. Texts in it are the peer's. */
export interface PeerFacts {
  readonly product: string | undefined
  readonly version: string | undefined
  readonly containerId: string
  readonly capabilities: readonly string[]
  /** Bytes. */
  readonly maxFrameSize: number
  readonly channelMax: number
  /** Milliseconds of our silence after which it hangs up; 0: it does not watch us. */
  readonly idleTimeoutMs: number
  readonly tls:
    | { readonly protocol: string; readonly cipher: string; readonly chain: readonly Certificate[] }
    | undefined
  readonly sasl: { readonly mechanism: string; readonly offered: readonly string[] } | undefined
  /** Whether it gives addresses of its own to receive at, and takes messages that name their address themselves. */
  readonly dynamicAddresses: boolean
  readonly anonymousSenders: boolean
}

/** Where messages of a topic go over it. */
export interface AddressExamples {
  readonly syntax: 'legacy' | 'routable'
  readonly anyServer: string
  readonly oneServer: string
  readonly allServers: string
  readonly notification: string
}

/** Something to paste: into the configuration of the intermediary, a shell, or options of this library. */
export interface Advice {
  /** What it is for, and where it goes. */
  readonly title: string
  /** As it is to be pasted; empty: the title says all. */
  readonly text: string
}

/** Of one host. */
export interface Diagnosis {
  /** Its URL, without secrets. */
  readonly url: string
  readonly peer: PeerFacts | undefined
  /** The kind of peer that it was taken for: a value of the option `profile`. */
  readonly profile: string | undefined
  readonly addresses: AddressExamples | undefined
  readonly findings: readonly Finding[]
  /** What the trials leave at the peer; undefined: nothing was tried. */
  readonly leftBehind: string | undefined
  /** Whether RPC, and notifications, would work. */
  readonly rpc: boolean
  readonly notifications: boolean
  readonly advice: readonly Advice[]
}

/** One address of a transport url. */
export interface TransportHost {
  readonly hostname: string | undefined
  readonly port: number | undefined
  readonly username: string | undefined
  readonly password: string | undefined
}

/** A parsed transport url: `scheme://[user:pass@]host:port[,…]/virtual-host?query`. */
export interface TransportUrl {
  /** The scheme: which driver. */
  readonly scheme: string
  readonly hosts: readonly TransportHost[]
  readonly virtualHost: string | undefined
  /** The query, decoded: the last value of each name. */
  readonly query: Readonly<Record<string, string>>
}

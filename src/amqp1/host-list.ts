import type { TransportHost } from '../messaging/transport-url.ts'

/** Where to connect, and as whom. Credentials belong to their host only. */
export interface Host {
  readonly hostname: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
}

export interface HostListOptions {
  readonly defaultPort: number
  /** Appended to user names without `@`. oslo: sasl_default_realm. */
  readonly realm: string
  /** A number from 0 up to, not including, 1: where to start. */
  readonly random?: () => number
}

/** The hosts of a transport URL, from a random one on, round robin. A URL without hosts means localhost. */
export class HostList {
  readonly hosts: readonly Host[]
  #index: number

  constructor(hosts: readonly TransportHost[], { defaultPort, realm, random = Math.random }: HostListOptions) {
    const given =
      hosts.length > 0 ? hosts : [{ hostname: undefined, port: undefined, username: undefined, password: undefined }]
    this.hosts = given.map((host) => ({
      hostname: host.hostname || 'localhost',
      port: host.port ?? defaultPort,
      username: withRealm(host.username, realm),
      password: host.password,
    }))
    this.#index = Math.floor(random() * this.hosts.length)
  }

  get current(): Host {
    return this.hosts[this.#index] as Host
  }

  /** Moves on to the next host; with one host that is the same. */
  next(): Host {
    this.#index = (this.#index + 1) % this.hosts.length
    return this.current
  }
}

const withRealm = (username: string | undefined, realm: string): string | undefined =>
  username && realm && !username.includes('@') ? `${username}@${realm}` : username

/** `host:port`, with brackets around an IPv6 address. Never credentials. */
export const hostText = ({ hostname, port }: Host): string =>
  hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`

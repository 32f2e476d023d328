// The transport url: oslo_messaging/transport.py, TransportURL. Pure; no driver is looked up here.
//
//   driver://[user[:pass]@]host[:port][,[user[:pass]@]host[:port]]*[/virtual_host][?query]

import { InvalidTransportUrlError } from './errors.ts'

/** One address of a transport url. Credentials belong to their host only. */
export interface TransportHost {
  readonly hostname: string | undefined
  readonly port: number | undefined
  readonly username: string | undefined
  readonly password: string | undefined
}

/** A parsed transport url. */
export interface TransportUrl {
  /** The scheme: which driver (what stands before a `+`, see driverName). */
  readonly scheme: string
  /** Empty when the url names none. */
  readonly hosts: readonly TransportHost[]
  /** undefined without a path; `''` for the path `/`. Both mean: none. */
  readonly virtualHost: string | undefined
  /** The query, decoded. Values given several times are joined by commas; empty ones are dropped. */
  readonly query: Readonly<Record<string, string>>
}

const SYNTAX = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/is

/**
 * Reads a transport url. Throws InvalidTransportUrlError; its message never shows what may be part of a password.
 *
 *     parseTransportUrl('amqp://joe:secret@host1:5672,host2/vhost?idle_timeout=10')
 */
export function parseTransportUrl(text: string): TransportUrl {
  if (typeof text !== 'string') throw new InvalidTransportUrlError(`a transport url is a text, not ${typeof text}`)
  const trimmed = text.trim()
  const match = SYNTAX.exec(trimmed)
  if (!match)
    throw new InvalidTransportUrlError('no scheme in the transport url; expected something like amqp://host:5672')
  const [, scheme = '', authority = '', path = '', query = ''] = match
  const hosts = authority.split(',').filter((piece) => piece !== '')
  return Object.freeze({
    scheme: scheme.toLowerCase(),
    hosts: Object.freeze(hosts.map((piece, index) => parseHost(piece, index, scheme))),
    virtualHost: path.startsWith('/') ? unquote(path.slice(1)) : undefined,
    query: parseQuery(query),
  })
}

/** The driver that a url asks for: `amqp` for `amqp` and for `amqp+anything`. */
export const driverName = (url: TransportUrl): string => url.scheme.split('+', 1)[0] as string

function parseHost(piece: string, index: number, scheme: string): TransportHost {
  const at = piece.lastIndexOf('@')
  const credentials = at < 0 ? undefined : piece.slice(0, at)
  const address = piece.slice(at + 1)
  const colon = credentials?.indexOf(':') ?? -1
  const [hostname, port] = splitAddress(address, index, scheme)
  return Object.freeze({
    // A host that is missing altogether is none; one that is missing before a port is an empty one, as in Python.
    hostname: address === '' ? undefined : hostname,
    port,
    username: credentials === undefined ? undefined : unquote(colon < 0 ? credentials : credentials.slice(0, colon)),
    password: credentials === undefined || colon < 0 ? undefined : unquote(credentials.slice(colon + 1)),
  })
}

function splitAddress(address: string, index: number, scheme: string): [string, number | undefined] {
  if (!address.startsWith('[')) {
    const colon = address.indexOf(':')
    if (colon < 0) return [address, undefined]
    return [address.slice(0, colon), parsePort(address.slice(colon + 1), index, scheme)]
  }
  const end = address.indexOf(']')
  const rest = address.slice(end + 1)
  if (end < 0 || (rest !== '' && !rest.startsWith(':'))) {
    throw new InvalidTransportUrlError(`${place(index, scheme)}: expected an IPv6 address in brackets, as [::1]:5672`)
  }
  return [address.slice(1, end), parsePort(rest.slice(1), index, scheme)]
}

function parsePort(text: string, index: number, scheme: string): number | undefined {
  if (text === '') return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65535) return port
  // The text is not shown: after an unescaped "/" in a password it is a piece of it.
  throw new InvalidTransportUrlError(
    `${place(index, scheme)}: the port is no number from 0 to 65535 (the signs / ? # @ : , in a user name or password must be percent-encoded)`,
  )
}

const place = (index: number, scheme: string): string => `host ${index + 1} of the transport url ${scheme}://…`

function parseQuery(text: string): Readonly<Record<string, string>> {
  const query: Record<string, string> = Object.create(null)
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || equals === pair.length - 1) continue
    const name = unquotePlus(pair.slice(0, equals))
    const value = unquotePlus(pair.slice(equals + 1))
    query[name] = name in query ? `${query[name]},${value}` : value
  }
  return Object.freeze(query)
}

/** Python's unquote: what is no escape stays, bytes that are no UTF-8 become U+FFFD. */
const unquote = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'))

const unquotePlus = (text: string): string => unquote(text.replaceAll('+', ' '))

/** Python's quote with nothing safe. Through a Buffer, because lone surrogates cannot be encoded. */
const quote = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString('utf8')).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** The url as text, as Python's str(TransportURL) has it: with passwords. For people: redactedUrl. */
export function formatTransportUrl(url: TransportUrl): string {
  const hosts = url.hosts.map(formatHost).join(',')
  const query = Object.entries(url.query).map(([name, value]) => `${quotePlus(name)}=${quotePlus(value)}`)
  const path = quote(url.virtualHost ?? '').replaceAll('%2F', '/')
  return `${url.scheme}://${hosts}/${path}${query.length > 0 ? `?${query.join('&')}` : ''}`
}

const quotePlus = (text: string): string => quote(text).replaceAll('%20', '+')

function formatHost({ hostname = '', port, username, password }: TransportHost): string {
  const secret = password === undefined ? '' : `:${quote(password)}`
  const credentials = username || password !== undefined ? `${quote(username ?? '')}${secret}@` : ''
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  return `${credentials}${host}${port === undefined ? '' : `:${port}`}`
}

/** The url as text for logs and error messages: passwords and query values that look secret show as `***`. */
export function redactedUrl(url: TransportUrl): string {
  const hosts = url.hosts.map((host) => (host.password === undefined ? host : { ...host, password: '***' }))
  const query = Object.fromEntries(
    Object.entries(url.query).map(([name, value]) => [name, /password|secret|token/i.test(name) ? '***' : value]),
  )
  return formatTransportUrl({ ...url, hosts, query }).replaceAll('%2A%2A%2A', '***')
}

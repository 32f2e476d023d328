// What can be said about AMQP over WebSocket, and whether it can be. No error repeats a value: urls and headers hold secrets.

import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { ConnectionOptions as TlsClientOptions } from 'node:tls'
import { namesDefect } from '../support/known-names.ts'
import type { ConnectOptions, ListenOptions } from './options.ts'

/** What `webSocket` of `connect` takes instead of a url alone. */
export interface WebSocketConnectOptions {
  /**
   * `ws://host:port/path`, or `wss://` for TLS. A user name and a password in it go into the HTTP request (Authorization: Basic)
   * and have nothing to do with SASL.
   */
  readonly url: string | URL
  /** More headers of the HTTP request that asks for the WebSocket. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Subprotocols that are offered; the server has to choose one of them. Default `['amqp']`. */
  readonly protocols?: readonly string[] | undefined
  /** The largest WebSocket message that is accepted, in bytes; it may hold many frames. Default 16 MiB. */
  readonly maxPayload?: number | undefined
}

/** What `webSocket` of `listen` takes instead of true. */
export interface WebSocketListenOptions {
  /** The only path that is served, as `/amqp`. Default: any. */
  readonly path?: string | undefined
  /**
   * Origins that may connect, as `https://console.example`. Default: none, as a page of any site that somebody looks at could
   * otherwise reach a listener on that machine or in that network. Who sends no origin is served, which is nearly every program;
   * what is built on Netty, as Qpid JMS, sends the url's scheme, host and port, and is to be named like a page.
   */
  readonly origins?: readonly string[] | undefined
  /** The largest WebSocket message that is accepted, in bytes; it may hold many frames. Default 16 MiB. */
  readonly maxPayload?: number | undefined
}

export const WEB_SOCKET_DEFAULTS = Object.freeze({
  /** The subprotocol of AMQP 1.0 (AMQP WSB 1.0, 2.1). */
  protocols: Object.freeze(['amqp']),
  maxPayload: 16 * 1024 * 1024,
})

/** Where to connect to, with nothing in it that must not be seen but `headers`. */
export interface WebSocketTarget {
  /** Without user name, password and fragment. */
  readonly url: URL
  readonly host: string
  readonly port: number
  readonly peerName: string
  readonly headers: Readonly<Record<string, string>>
  readonly protocols: readonly string[]
  readonly maxPayload: number
  /** Undefined for `ws://`. */
  readonly tls: true | TlsClientOptions | undefined
}

type Names<T> = Readonly<Record<keyof T, true>>

const CONNECT: Names<WebSocketConnectOptions> = { url: true, headers: true, protocols: true, maxPayload: true }
const LISTEN: Names<WebSocketListenOptions> = { path: true, origins: true, maxPayload: true }
const CONNECT_NAMES: ReadonlySet<string> = new Set(Object.keys(CONNECT))
const LISTEN_NAMES: ReadonlySet<string> = new Set(Object.keys(LISTEN))

const MAX_PAYLOAD = 0x7fffffff

/** @throws TypeError or RangeError for options that cannot be. */
export function webSocketTarget({ webSocket, host, port, tls }: ConnectOptions): WebSocketTarget {
  const given = typeof webSocket === 'string' || webSocket instanceof URL ? { url: webSocket } : webSocket
  checkObject('webSocket of connect', "'ws://localhost:8080/amqp' or { url }", given, CONNECT_NAMES)
  const url = readUrl(given.url)
  if (host !== undefined || port !== undefined) throw new TypeError('webSocket of connect: the url says host and port')
  const secure = url.protocol === 'wss:'
  if (tls && !secure) throw new TypeError('webSocket of connect: tls is for a wss:// url, and this one is ws://')
  if (given.headers !== undefined && (typeof given.headers !== 'object' || Array.isArray(given.headers)))
    throw new TypeError("webSocket of connect: headers: expected an object, as { 'x-tenant': 'one' }")
  const headers = { ...credentialsOf(url), ...given.headers }
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  const bare = new URL(url)
  bare.username = bare.password = bare.hash = ''
  const portNumber = Number(url.port) || (secure ? 443 : 80)
  return {
    url: bare,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: portNumber,
    peerName: `${url.hostname}:${portNumber}`,
    headers,
    protocols: readProtocols(given.protocols ?? WEB_SOCKET_DEFAULTS.protocols),
    maxPayload: readMaxPayload('webSocket of connect', given.maxPayload),
    tls: secure ? tls || true : undefined,
  }
}

/** What a listener for WebSocket does. */
export interface WebSocketListening {
  readonly path: string | undefined
  readonly origins: ReadonlySet<string>
  readonly maxPayload: number
}

/** @throws TypeError or RangeError for options that cannot be. */
export function webSocketListening(webSocket: ListenOptions['webSocket']): WebSocketListening {
  const given = webSocket === true ? {} : webSocket
  checkObject('webSocket of listen', "true or { path: '/amqp' }", given, LISTEN_NAMES)
  const { path, origins = [] } = given
  if (path !== undefined && !/^\/[^?#\s]*$/.test(path))
    throw new TypeError("webSocket of listen: path: expected a path without query, as '/amqp'")
  for (const origin of origins)
    if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+$/.test(origin))
      throw new TypeError(
        "webSocket of listen: origins: expected scheme, host and port alone, as 'https://console.example'",
      )
  return { path, origins: new Set(origins), maxPayload: readMaxPayload('webSocket of listen', given.maxPayload) }
}

function checkObject(
  place: string,
  example: string,
  given: unknown,
  known: ReadonlySet<string>,
): asserts given is object {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${place}: expected ${example}`)
  const defect = namesDefect(place, given, known)
  if (defect !== undefined) throw new TypeError(defect)
}

function readUrl(given: string | URL): URL {
  const expected = "webSocket of connect: url: expected one as 'ws://localhost:8080/amqp' or 'wss://…'"
  const url = URL.canParse(String(given)) ? new URL(given) : undefined
  if (!url) throw new TypeError(`${expected}, and this cannot be read`)
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') throw new TypeError(`${expected}, not ${url.protocol}//`)
  return url
}

/** Taken out of the url, so that nobody who is given the url can show them. */
function credentialsOf({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {}
  const text = `${unescaped(username)}:${unescaped(password)}`
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function readProtocols(protocols: readonly string[]): readonly string[] {
  const isToken = (name: unknown): boolean => typeof name === 'string' && /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/.test(name)
  if (
    !Array.isArray(protocols) ||
    !protocols.every(isToken) ||
    !protocols.length ||
    new Set(protocols).size < protocols.length
  )
    throw new TypeError("webSocket of connect: protocols: expected names of subprotocols, each once, as ['amqp']")
  return [...protocols]
}

function readMaxPayload(place: string, bytes: number = WEB_SOCKET_DEFAULTS.maxPayload): number {
  if (Number.isInteger(bytes) && bytes >= 512 && bytes <= MAX_PAYLOAD) return bytes
  throw new RangeError(`${place}: maxPayload: expected a whole number from 512 to ${MAX_PAYLOAD}`)
}

// Plain JavaScript has no compiler that finds a misspelt option or a url where options are expected.
// The records have every name of their type, or they do not compile.

import { namesDefect } from '../support/known-names.ts'
import type {
  ClientSaslOptions,
  ConnectOptions,
  EndpointOptions,
  LinkOptions,
  ListenOptions,
  ReceiverOptions,
  ScramDecoyOptions,
  SenderOptions,
  ServerSaslOptions,
} from './options.ts'
import { checkClientSasl, checkServerSasl } from './sasl-option-values.ts'

type Names<T> = Readonly<Record<keyof T, true>>

const ENDPOINT: Names<EndpointOptions> = {
  containerId: true,
  properties: true,
  offeredCapabilities: true,
  maxFrameSize: true,
  channelMax: true,
  handleMax: true,
  idleTimeoutMs: true,
  maxMessageSize: true,
  onLink: true,
  onSession: true,
}

const CONNECT: Names<ConnectOptions> = {
  ...ENDPOINT,
  host: true,
  port: true,
  tls: true,
  sasl: true,
  hostname: true,
  connectTimeoutMs: true,
  signal: true,
}

const LISTEN: Names<ListenOptions> = {
  ...ENDPOINT,
  host: true,
  port: true,
  tls: true,
  sasl: true,
  handshakeTimeoutMs: true,
  maxConnections: true,
  onConnection: true,
  onConnectionClosed: true,
}

const CLIENT_SASL: Names<ClientSaslOptions> = {
  mechanisms: true,
  username: true,
  password: true,
  token: true,
  allowCleartextSecrets: true,
  maxSaslFrameSize: true,
}

const SERVER_SASL: Names<ServerSaslOptions> = {
  mechanisms: true,
  authenticate: true,
  scramCredentials: true,
  scramDecoy: true,
  allowCleartextSecrets: true,
  required: true,
  maxSaslFrameSize: true,
}

const SCRAM_DECOY: Names<ScramDecoyOptions> = { iterations: true, key: true }

const LINK: Names<LinkOptions> = {
  name: true,
  address: true,
  source: true,
  target: true,
  properties: true,
  desiredCapabilities: true,
  sndSettleMode: true,
  rcvSettleMode: true,
  maxMessageSize: true,
  timeoutMs: true,
  signal: true,
  onClosed: true,
}

const SENDER: Names<SenderOptions> = { ...LINK, maxQueued: true, onCredit: true }
const RECEIVER: Names<ReceiverOptions> = { ...LINK, onDelivery: true, creditWindow: true }

const namesOf = (names: object): ReadonlySet<string> => new Set(Object.keys(names))

const CONNECT_NAMES = namesOf(CONNECT)
const LISTEN_NAMES = namesOf(LISTEN)
const CLIENT_SASL_NAMES = namesOf(CLIENT_SASL)
const SERVER_SASL_NAMES = namesOf(SERVER_SASL)
const SCRAM_DECOY_NAMES = namesOf(SCRAM_DECOY)
const SENDER_NAMES = namesOf(SENDER)
const RECEIVER_NAMES = namesOf(RECEIVER)

/** Throws TypeError unless it is an object with none but the names of ConnectOptions, or RangeError for what SASL cannot use. */
export function checkConnectOptions(options: ConnectOptions): void {
  check('options of connect', "{ host: 'localhost', port: 5672 }", options, CONNECT_NAMES)
  if (options.sasl === undefined) return
  check('sasl of connect', "{ username: 'guest', password: 'guest' }", options.sasl, CLIENT_SASL_NAMES)
  checkClientSasl(options.sasl)
}

/** Throws TypeError unless it is an object with none but the names of ListenOptions, or RangeError for what SASL cannot use. */
export function checkListenOptions(options: ListenOptions): void {
  check('options of listen', '{ port: 5672 }', options, LISTEN_NAMES)
  const { sasl } = options
  if (sasl === undefined) return
  check('sasl of listen', '{ authenticate }', sasl, SERVER_SASL_NAMES)
  if (sasl.scramDecoy !== undefined)
    check('sasl.scramDecoy of listen', '{ key, iterations: 16384 }', sasl.scramDecoy, SCRAM_DECOY_NAMES)
  checkServerSasl(sasl)
}

/** Throws TypeError unless it is an object with none but the names of the link's options. */
export function checkLinkOptions(options: LinkOptions, weReceive: boolean): void {
  if (weReceive) check('options of a receiver', "{ address: 'queue' }", options, RECEIVER_NAMES)
  else check('options of a sender', "{ address: 'queue' }", options, SENDER_NAMES)
}

function check(place: string, example: string, given: unknown, known: ReadonlySet<string>): void {
  // Not the value itself: a url may have a password.
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`${place}: expected an object, as ${example}, not ${kindOf(given)}`)
  const defect = namesDefect(place, given, known)
  if (defect !== undefined) throw new TypeError(defect)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return value === null || value === undefined ? String(value) : `a ${typeof value}`
}

// Plain JavaScript has no compiler that finds a misspelt option, a url where options are expected, or a port of 70 000.
// The records have every name of their type, or they do not compile.

import { namesDefect } from '../support/known-names.ts'
import {
  aFlag,
  aFunction,
  anObject,
  aSignal,
  aText,
  either,
  milliseconds,
  texts,
  type ValueCheck,
  wholeNumber,
} from '../support/value-check.ts'
import type {
  ClientSaslOptions,
  ConnectOptions,
  EndpointOptions,
  LimitOptions,
  LinkOptions,
  ListenOptions,
  ReceiverOptions,
  ScramDecoyOptions,
  SenderOptions,
  ServerSaslOptions,
  SessionOptions,
} from './options.ts'
import { SASL_FRAME_SIZE } from './options.ts'
import { checkServerSasl } from './sasl-option-values.ts'
import type { SendOptions } from './send.ts'

type Checks<T> = Readonly<Record<keyof T, ValueCheck>>

const USHORT_MAX = 0xffff
const UINT_MAX = 0xffff_ffff
/** Credit is a uint, and one that wraps must be told from one that is behind. */
const CREDIT_MAX = 0x7fff_ffff

/** It has names of its own. */
const checkedApart: ValueCheck = () => undefined

export const LIMITS: Checks<LimitOptions> = {
  maxFrameSize: wholeNumber(512, UINT_MAX),
  maxMessageSize: wholeNumber(0),
  maxIncomplete: wholeNumber(0),
  maxDescriptions: wholeNumber(0),
  channelMax: wholeNumber(0, USHORT_MAX),
  handleMax: wholeNumber(0, UINT_MAX),
  maxLinks: wholeNumber(1),
  incomingWindow: wholeNumber(1, CREDIT_MAX),
  maxDepth: wholeNumber(1, 1_000),
  maxStringLength: wholeNumber(1),
  maxZeroWidthElements: wholeNumber(0),
  maxItems: wholeNumber(0),
  sendBuffer: wholeNumber(1),
  maxSendBuffer: wholeNumber(1),
}

const ENDPOINT: Checks<EndpointOptions> = {
  ...LIMITS,
  containerId: aText,
  properties: anObject,
  offeredCapabilities: texts,
  desiredCapabilities: texts,
  outgoingLocales: texts,
  incomingLocales: texts,
  idleTimeoutMs: milliseconds(0),
  trace: either(aFlag, aFunction),
  onLink: aFunction,
  onSession: aFunction,
}

const CONNECT: Checks<ConnectOptions> = {
  ...ENDPOINT,
  host: aText,
  port: wholeNumber(0, USHORT_MAX),
  tls: either(aFlag, anObject),
  webSocket: checkedApart,
  sasl: checkedApart,
  hostname: aText,
  connectTimeoutMs: milliseconds(0),
  signal: aSignal,
}

const LISTEN: Checks<ListenOptions> = {
  ...ENDPOINT,
  host: aText,
  port: wholeNumber(0, USHORT_MAX),
  tls: anObject,
  webSocket: checkedApart,
  sasl: checkedApart,
  handshakeTimeoutMs: milliseconds(0),
  maxConnections: wholeNumber(0),
  onConnection: aFunction,
  onConnectionClosed: aFunction,
  onRefused: aFunction,
}

const CLIENT_SASL: Checks<ClientSaslOptions> = {
  mechanisms: texts,
  username: aText,
  password: aText,
  token: aFunction,
  allowCleartextSecrets: aFlag,
  maxSaslFrameSize: wholeNumber(SASL_FRAME_SIZE.specified, SASL_FRAME_SIZE.largest),
}

export const SERVER_SASL: Checks<ServerSaslOptions> = {
  mechanisms: texts,
  authenticate: aFunction,
  scramCredentials: aFunction,
  scramDecoy: checkedApart,
  allowCleartextSecrets: aFlag,
  required: aFlag,
  maxSaslFrameSize: wholeNumber(SASL_FRAME_SIZE.specified, SASL_FRAME_SIZE.largest),
}

const SCRAM_DECOY: Checks<ScramDecoyOptions> = { iterations: checkedApart, key: checkedApart }

const SESSION: Checks<SessionOptions> = {
  initialOutgoingId: wholeNumber(0, UINT_MAX),
  properties: anObject,
  offeredCapabilities: texts,
  desiredCapabilities: texts,
  timeoutMs: milliseconds(0),
  signal: aSignal,
}

const LINK: Checks<LinkOptions> = {
  name: aText,
  address: aText,
  source: anObject,
  target: anObject,
  properties: anObject,
  offeredCapabilities: texts,
  desiredCapabilities: texts,
  sndSettleMode: wholeNumber(0, 2),
  rcvSettleMode: wholeNumber(0, 1),
  maxMessageSize: wholeNumber(0),
  timeoutMs: milliseconds(0),
  signal: aSignal,
  onClosed: aFunction,
}

const SENDER: Checks<SenderOptions> = {
  ...LINK,
  maxQueued: wholeNumber(0),
  maxUnsettled: wholeNumber(1),
  initialDeliveryCount: wholeNumber(0, UINT_MAX),
  onCredit: aFunction,
}

const RECEIVER: Checks<ReceiverOptions> = {
  ...LINK,
  onDelivery: aFunction,
  creditWindow: wholeNumber(0, CREDIT_MAX),
  overdraft: wholeNumber(0, CREDIT_MAX),
}

const SEND: Checks<SendOptions> = { settled: aFlag, timeoutMs: milliseconds(0), signal: aSignal }

/** A place where options are given, with what may stand there. */
class OptionPlace {
  readonly #what: string
  readonly #example: string
  readonly #checks: Readonly<Record<string, ValueCheck>>
  readonly #names: ReadonlySet<string>

  constructor(what: string, example: string, checks: Readonly<Record<string, ValueCheck>>) {
    this.#what = what
    this.#example = example
    this.#checks = checks
    this.#names = new Set(Object.keys(checks))
  }

  /** Throws TypeError, or RangeError for a number that is too small or too large. */
  check(given: object): void {
    // Not the value itself: a url may have a password.
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw new TypeError(`${this.#what}: expected an object, as ${this.#example}, not ${kindOf(given)}`)
    const defect = namesDefect(this.#what, given, this.#names)
    if (defect !== undefined) throw new TypeError(defect)
    for (const name in given) this.#checkValue(name, (given as Record<string, unknown>)[name])
  }

  #checkValue(name: string, value: unknown): void {
    if (value === undefined) return
    const expected = this.#checks[name]?.(value)
    if (expected === undefined) return
    // Numbers are shown, texts never: one of them is the password.
    const got = typeof value === 'number' ? String(value) : kindOf(value)
    const message = `${this.#what}: ${name}: expected ${expected}, not ${got}`
    throw typeof value === 'number' ? new RangeError(message) : new TypeError(message)
  }
}

const CONNECT_PLACE = new OptionPlace('options of connect', "{ host: 'localhost', port: 5672 }", CONNECT)
const LISTEN_PLACE = new OptionPlace('options of listen', '{ port: 5672 }', LISTEN)
const CLIENT_SASL_PLACE = new OptionPlace('sasl of connect', "{ username: 'guest', password: 'guest' }", CLIENT_SASL)
const SERVER_SASL_PLACE = new OptionPlace('sasl of listen', '{ authenticate }', SERVER_SASL)
const SCRAM_DECOY_PLACE = new OptionPlace('sasl.scramDecoy of listen', '{ key, iterations: 16384 }', SCRAM_DECOY)
const SESSION_PLACE = new OptionPlace('options of a session', '{ timeoutMs: 5000 }', SESSION)
const SEND_PLACE = new OptionPlace('options of send', '{ timeoutMs: 5000 }', SEND)
const SENDER_PLACE = new OptionPlace('options of a sender', "{ address: 'queue' }", SENDER)
const RECEIVER_PLACE = new OptionPlace('options of a receiver', "{ address: 'queue' }", RECEIVER)

/** Throws TypeError or RangeError unless it is an object with none but the names and values of ConnectOptions. */
export function checkConnectOptions(options: ConnectOptions): void {
  CONNECT_PLACE.check(options)
  if (options.sasl !== undefined) CLIENT_SASL_PLACE.check(options.sasl)
}

/** Throws TypeError or RangeError unless it is an object with none but the names and values of ListenOptions. */
export function checkListenOptions(options: ListenOptions): void {
  LISTEN_PLACE.check(options)
  const { sasl } = options
  if (sasl === undefined) return
  SERVER_SASL_PLACE.check(sasl)
  if (sasl.scramDecoy !== undefined) SCRAM_DECOY_PLACE.check(sasl.scramDecoy)
  checkServerSasl(sasl)
}

/** Throws TypeError or RangeError unless it is an object with none but the names and values of SessionOptions. */
export function checkSessionOptions(options: SessionOptions): void {
  SESSION_PLACE.check(options)
}

/** Throws TypeError or RangeError unless it is an object with none but the names and values of SendOptions. */
export function checkSendOptions(options: SendOptions): void {
  SEND_PLACE.check(options)
}

/** Throws TypeError or RangeError unless it is an object with none but the names and values of the link's options. */
export function checkLinkOptions(options: LinkOptions, weReceive: boolean): void {
  if (weReceive) RECEIVER_PLACE.check(options)
  else SENDER_PLACE.check(options)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return value === null || value === undefined ? String(value) : `a ${typeof value}`
}

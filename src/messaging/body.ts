// The JSON of a message body: what oslo.messaging puts into it whatever protocol carries it.
//
//   request, notification   {"request": <message>, "context": <context>[, "call_monitor_timeout": <seconds>]}
//   the 2.0 envelope        <message> = {"oslo.version": "2.0", "oslo.message": "<JSON text of the message>"}
//   response                {"response": <result>}   or   {"failure": "<failure text>"}

import type { Envelope } from './driver.ts'
import { MalformedMessageError } from './errors.ts'
import { decodeJson, encodeJson, isJsonObject, type JsonObject } from './json.ts'

/** The body of a call or cast. oslo wants the monitor's time-out in seconds. Throws a TypeError for what JSON cannot express. */
export function encodeRequestBody(envelope: Envelope, callMonitorTimeoutMs?: number): string {
  const monitor =
    callMonitorTimeoutMs === undefined ? '' : `, "call_monitor_timeout": ${encodeJson(callMonitorTimeoutMs / 1000)}`
  return `{"request": ${encodeJson(envelope.message)}, "context": ${encodeJson(envelope.context)}${monitor}}`
}

/** The body of a notification: bare (format 1) or in the 2.0 envelope (format 2). Throws a TypeError for what JSON cannot express. */
export function encodeNotificationBody(envelope: Envelope, format: 1 | 2): string {
  const message = encodeJson(envelope.message)
  // A JSON text in the JSON text: it is ASCII without control characters, of which JSON.stringify makes the same as Python.
  const request = format === 1 ? message : `{"oslo.version": "2.0", "oslo.message": ${JSON.stringify(message)}}`
  return `{"request": ${request}, "context": ${encodeJson(envelope.context)}}`
}

/** The body of a reply. No result is null. Throws a TypeError for what JSON cannot express. */
export const encodeResponseBody = (result: unknown): string => `{"response": ${encodeJson(result)}}`

/** The body of a reply that carries the text of failure.ts. */
export const encodeFailureBody = (failure: string): string => `{"failure": ${encodeJson(failure)}}`

export interface RequestBody {
  readonly message: JsonObject
  readonly context: JsonObject
  readonly callMonitorTimeoutMs: number | undefined
}

/** Reads the body of a request or notification, with or without envelope. Throws MalformedMessageError. */
export function decodeRequestBody(text: string): RequestBody {
  const body = decodeObject(text, 'the body')
  const message = openEnvelope(body.request)
  const context = body.context ?? {}
  if (!isJsonObject(context)) throw new MalformedMessageError('"context" in the body is no JSON object')
  return { message, context, callMonitorTimeoutMs: monitorTimeoutMs(body.call_monitor_timeout) }
}

/** Reads the body of a reply. Throws MalformedMessageError. */
export function decodeResponseBody(text: string): { readonly failure: string } | { readonly result: unknown } {
  const { failure, response } = decodeObject(text, 'the body of the reply')
  if (failure === undefined || failure === null) return { result: response ?? null }
  return { failure: typeof failure === 'string' ? failure : encodeJson(failure) }
}

function openEnvelope(request: unknown): JsonObject {
  if (!isJsonObject(request)) throw new MalformedMessageError('"request" in the body is no JSON object')
  const version = request['oslo.version']
  const message = request['oslo.message']
  if (version === undefined || message === undefined) return request
  if (version !== '2.0')
    throw new MalformedMessageError(`an envelope of version ${shorten(version)}; only 2.0 is known`)
  if (typeof message !== 'string') throw new MalformedMessageError('"oslo.message" in the envelope is no text')
  return decodeObject(message, '"oslo.message" in the envelope')
}

function decodeObject(text: string, what: string): JsonObject {
  let value: unknown
  try {
    value = decodeJson(text)
  } catch (cause) {
    throw new MalformedMessageError(`${what} is not JSON`, { cause })
  }
  if (!isJsonObject(value)) throw new MalformedMessageError(`${what} is no JSON object`)
  return value
}

/** Anything but a positive number of seconds means that the caller does not monitor, as in Python. */
const monitorTimeoutMs = (seconds: unknown): number | undefined =>
  typeof seconds === 'number' && seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined

const shorten = (value: unknown): string => {
  const text = String(value)
  return text.length > 20 ? `${text.slice(0, 20)}…` : text
}

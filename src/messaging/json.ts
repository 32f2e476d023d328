// JSON as Python's oslo.messaging writes and reads it: the text of every message body. oslo_serialization.jsonutils.

export { decodeJson, JSON_DEPTH_LIMIT, JSON_DIGITS_LIMIT } from './json-decoder.ts'
export { encodeJson, JsonFloat } from './json-encoder.ts'

/** What a received text can hold. Integers beyond 2^53 are bigints; NaN and the infinities are numbers. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** An object that is to become, or was, a JSON object. */
export type JsonObject = { readonly [key: string]: unknown }

/** Whether a received value is a JSON object (not null, not an array). */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

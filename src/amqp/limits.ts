// The limits of a connection with their defaults filled in: made once, read everywhere.

import type { DecodeLimits } from '../codec/limits.ts'
import { DEFAULT_LIMITS } from '../codec/limits.ts'
import type { LimitOptions } from './options.ts'
import { SASL_FRAME_SIZE } from './options.ts'

/** See LimitOptions for what each is. */
export interface Limits extends DecodeLimits {
  readonly maxFrameSize: number
  readonly maxSaslFrameSize: number
  readonly maxMessageSize: number
  readonly maxIncomplete: number
  readonly maxDescriptions: number
  readonly channelMax: number
  readonly handleMax: number
  readonly maxLinks: number
  readonly incomingWindow: number
  readonly sendBuffer: number
  readonly maxSendBuffer: number
}

export const LIMIT_DEFAULTS = Object.freeze({
  ...DEFAULT_LIMITS,
  maxFrameSize: 65_536,
  maxMessageSize: 128 * 1024 * 1024,
  maxDescriptions: 16 * 1024 * 1024,
  maxItems: 1_024,
  channelMax: 4_095,
  handleMax: 4_095,
  maxLinks: 16_384,
  incomingWindow: 8_192,
  sendBuffer: 256 * 1024,
  maxSendBuffer: 8 * 1024 * 1024,
})

/** How many messages of the largest size may be on their way at once, one frame after the other, unless it is said. */
const LARGEST_MESSAGES = 2

/** Besides what is said of all connections alike, what is said of SASL. */
export interface ConnectionLimitOptions extends LimitOptions {
  readonly maxSaslFrameSize?: number | undefined
}

/** Frozen, with what is not said filled in. */
export function limitsOf(options: ConnectionLimitOptions): Limits {
  const maxMessageSize = options.maxMessageSize ?? LIMIT_DEFAULTS.maxMessageSize
  return Object.freeze({
    maxFrameSize: options.maxFrameSize ?? LIMIT_DEFAULTS.maxFrameSize,
    maxSaslFrameSize: options.maxSaslFrameSize ?? SASL_FRAME_SIZE.accepted,
    maxMessageSize,
    maxIncomplete: options.maxIncomplete ?? (maxMessageSize || Number.POSITIVE_INFINITY) * LARGEST_MESSAGES,
    maxDescriptions: options.maxDescriptions ?? LIMIT_DEFAULTS.maxDescriptions,
    channelMax: options.channelMax ?? LIMIT_DEFAULTS.channelMax,
    handleMax: options.handleMax ?? LIMIT_DEFAULTS.handleMax,
    maxLinks: options.maxLinks ?? LIMIT_DEFAULTS.maxLinks,
    incomingWindow: options.incomingWindow ?? LIMIT_DEFAULTS.incomingWindow,
    maxDepth: options.maxDepth ?? LIMIT_DEFAULTS.maxDepth,
    maxStringLength: options.maxStringLength ?? LIMIT_DEFAULTS.maxStringLength,
    maxZeroWidthElements: options.maxZeroWidthElements ?? LIMIT_DEFAULTS.maxZeroWidthElements,
    maxItems: options.maxItems ?? LIMIT_DEFAULTS.maxItems,
    sendBuffer: options.sendBuffer ?? LIMIT_DEFAULTS.sendBuffer,
    maxSendBuffer: options.maxSendBuffer ?? LIMIT_DEFAULTS.maxSendBuffer,
  })
}

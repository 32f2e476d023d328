import type { ErrorCondition } from '../codec/delivery-state.ts'
import type { Encoder } from '../codec/encoder.ts'
import { EncodeError } from '../codec/errors.ts'
import { AMQP_FRAME, beginFrame, endFrame, SASL_FRAME } from '../codec/frame.ts'
import type { Performative } from '../codec/performatives.ts'
import {
  encodeAttach,
  encodeBegin,
  encodeClose,
  encodeDetach,
  encodeDisposition,
  encodeEnd,
  encodeFlow,
  encodeOpen,
} from '../codec/performatives.ts'
import {
  encodeSaslChallenge,
  encodeSaslInit,
  encodeSaslMechanisms,
  encodeSaslOutcome,
  encodeSaslResponse,
} from '../codec/sasl-frames.ts'
import { reportDefect } from '../support/report-defect.ts'

/** The condition of the error for a frame that would be larger than the peer takes. */
export const FRAME_SIZE_TOO_SMALL = 'amqp:frame-size-too-small'

/** The peer's doing, not of whoever gave the fields. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof EncodeError && error.condition === FRAME_SIZE_TOO_SMALL

/**
 * Encodes one frame without payload. Transfers, which have one, are the sender's (sender.ts).
 *
 * @throws EncodeError when a field cannot be encoded or the frame is larger than the peer takes (`maxFrameSize`); nothing of it
 * is written then. A frame that tells how something ended must go out all the same: it goes without the details.
 */
export function writeFrame(encoder: Encoder, channel: number, frame: Performative, maxFrameSize: number): void {
  const mark = encoder.length
  try {
    encodeFrame(encoder, channel, frame)
    const size = encoder.length - mark
    if (size > maxFrameSize) throw tooLarge(frame.type, size, maxFrameSize)
  } catch (error) {
    encoder.truncate(mark)
    const plain = withoutDetails(frame)
    if (!plain) throw error
    // Whose frames are too small for them has chosen to go without.
    if (!isTooLarge(error)) reportDefect(`the details of a ${frame.type}`, error)
    encodeFrame(encoder, channel, plain)
  }
}

function tooLarge(type: string, size: number, maxFrameSize: number): EncodeError {
  const message = `${type}: a frame of ${size} bytes, and the peer takes ${maxFrameSize}`
  return new EncodeError(message, undefined, FRAME_SIZE_TOO_SMALL)
}

function encodeFrame(encoder: Encoder, channel: number, frame: Performative): void {
  const sasl = frame.type.startsWith('sasl')
  const mark = beginFrame(encoder, sasl ? SASL_FRAME : AMQP_FRAME, channel)
  encodeBody(encoder, frame)
  endFrame(encoder, mark)
}

function encodeBody(encoder: Encoder, frame: Performative): void {
  switch (frame.type) {
    case 'flow':
      return encodeFlow(encoder, frame)
    case 'disposition':
      return encodeDisposition(encoder, frame)
    case 'attach':
      return encodeAttach(encoder, frame)
    case 'detach':
      return encodeDetach(encoder, frame)
    case 'begin':
      return encodeBegin(encoder, frame)
    case 'end':
      return encodeEnd(encoder, frame)
    case 'open':
      return encodeOpen(encoder, frame)
    case 'close':
      return encodeClose(encoder, frame)
    case 'sasl-mechanisms':
      return encodeSaslMechanisms(encoder, frame)
    case 'sasl-init':
      return encodeSaslInit(encoder, frame)
    case 'sasl-challenge':
      return encodeSaslChallenge(encoder, frame)
    case 'sasl-response':
      return encodeSaslResponse(encoder, frame)
    case 'sasl-outcome':
      return encodeSaslOutcome(encoder, frame)
    default:
      throw new TypeError(`no encoder for ${frame.type}`)
  }
}

const SYMBOL = /^[!-~]{1,100}$/

/** Undefined: there is nothing to leave out. */
function withoutDetails(frame: Performative): Performative | undefined {
  switch (frame.type) {
    case 'detach':
    case 'end':
    case 'close':
      return frame.error && { ...frame, error: bare(frame.error) }
    case 'disposition':
      if (frame.state?.type === 'rejected' && frame.state.error)
        return { ...frame, state: { type: 'rejected', error: bare(frame.state.error) } }
      return frame.state?.type === 'modified'
        ? { ...frame, state: { ...frame.state, messageAnnotations: undefined } }
        : undefined
    default:
      return undefined
  }
}

function bare(error: ErrorCondition): ErrorCondition {
  const condition = SYMBOL.test(error.condition) ? error.condition : 'amqp:internal-error'
  return { condition, description: 'the details could not be sent' }
}

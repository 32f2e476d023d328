import type { Encoder } from '../codec/encoder.ts'
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
import { encodeSaslInit, encodeSaslMechanisms, encodeSaslOutcome } from '../codec/sasl-frames.ts'

/** Encodes one frame without payload. Transfers, which have one, are the sender's (sender.ts). */
export function writeFrame(encoder: Encoder, channel: number, frame: Performative): void {
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
    case 'sasl-outcome':
      return encodeSaslOutcome(encoder, frame)
    default:
      throw new TypeError(`no encoder for ${frame.type}`)
  }
}

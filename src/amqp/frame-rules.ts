// Which frame may come when, and on which channel (AMQP 1.0 part 2, 2.4; part 5, 5.3.1): what can be told before anybody looks
// at the fields.

import type { Decoder } from '../codec/decoder.ts'
import { AMQP_FRAME, SASL_FRAME } from '../codec/frame.ts'
import type { Performative } from '../codec/performatives.ts'
import { ProtocolViolation } from './errors.ts'

/** Before the handshake is done no AMQP frame counts, whatever it says: the peer has not shown who it is. */
export function checkFrameType(frameType: number, handshakeDone: boolean): void {
  if (frameType === (handshakeDone ? AMQP_FRAME : SASL_FRAME)) return
  const when = handshakeDone ? 'after the handshake' : 'before the handshake is done'
  throw framingError(`frame: expected another type ${when}, found type ${frameType}`)
}

/** An empty frame is a sign of life of a peer that has opened (2.4.5), on any channel; in SASL there is nothing like it. */
export function checkEmptyFrame(frameType: number, handshakeDone: boolean, peerIsOpen: boolean): void {
  checkFrameType(frameType, handshakeDone)
  if (!handshakeDone) throw framingError('frame: expected a SASL performative, found an empty frame')
  if (!peerIsOpen) throw framingError('frame: expected an open, found an empty frame')
}

/** The body of a SASL frame is one value. */
export function checkSaslBody(frame: Performative, decoder: Decoder): void {
  const rest = decoder.end - decoder.position
  if (rest > 0) throw framingError(`${frame.type}: expected the end of the frame, found ${rest} more bytes`)
}

/** The numbers up to our channel-max are for a peer that has opened; an Open comes on channel 0. */
export function checkChannel(frame: Performative, channel: number, channelMax: number): void {
  const most = frame.type === 'open' ? 0 : channelMax
  if (channel > most) throw framingError(`${frame.type}: expected a channel up to ${most}, found ${channel}`)
}

const framingError = (message: string): ProtocolViolation =>
  new ProtocolViolation('connection', 'amqp:connection:framing-error', message)

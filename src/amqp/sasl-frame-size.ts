import { Encoder } from '../codec/encoder.ts'
import type { SaslPerformative } from '../codec/sasl-frames.ts'
import { SASL_FRAME_SIZE } from './options.ts'
import { saslFault } from './sasl-exchange.ts'
import { writeFrame } from './write-frame.ts'

/**
 * Throws SaslError for a frame that is larger than the specification lets anybody send (part 5, 5.3.1): the peer need not
 * take it, and nothing says whether it does.
 */
export function checkSaslFrameSize(frame: SaslPerformative, mechanism: string): void {
  const encoder = new Encoder(SASL_FRAME_SIZE.specified)
  writeFrame(encoder, 0, frame, Number.POSITIVE_INFINITY)
  if (encoder.length > SASL_FRAME_SIZE.specified)
    throw saslFault(
      mechanism,
      `${frame.type} would have ${encoder.length} bytes, and a SASL frame has no more than ${SASL_FRAME_SIZE.specified} unless it carries a token`,
    )
}

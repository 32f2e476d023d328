import { Encoder } from '../codec/encoder.ts'
import type { Open } from '../codec/performatives.ts'
import { fieldsOf } from './attach-fields.ts'
import { LIMIT_DEFAULTS } from './limits.ts'
import type { EndpointOptions } from './options.ts'
import { CONNECTION_DEFAULTS } from './options.ts'
import { writeFrame } from './write-frame.ts'

/** Throws EncodeError for options that no Open can carry, before anything is connected. */
export function checkOpenFields(options: EndpointOptions, hostname?: string): void {
  writeFrame(new Encoder(1024), 0, openFields(options, options.containerId ?? '', hostname), Number.POSITIVE_INFINITY)
}

/** Our Open (AMQP 1.0 part 2, 2.7.1). */
export function openFields(options: EndpointOptions, containerId: string, hostname: string | undefined): Open {
  const { idleTimeoutMs = CONNECTION_DEFAULTS.idleTimeoutMs } = options
  return {
    type: 'open',
    containerId,
    hostname,
    maxFrameSize: options.maxFrameSize ?? LIMIT_DEFAULTS.maxFrameSize,
    channelMax: options.channelMax ?? LIMIT_DEFAULTS.channelMax,
    // Half of what we wait for, so that a frame that is late does not cost the connection (2.4.5).
    idleTimeOut: idleTimeoutMs > 0 ? Math.ceil(idleTimeoutMs / 2) : undefined,
    outgoingLocales: options.outgoingLocales,
    incomingLocales: options.incomingLocales,
    offeredCapabilities: options.offeredCapabilities,
    desiredCapabilities: options.desiredCapabilities,
    properties: fieldsOf(options.properties),
  }
}

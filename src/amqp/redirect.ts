import type { AmqpValue } from '../codec/types.ts'
import type { AmqpError } from './errors.ts'

/** Where a peer says that it should be instead (AMQP 1.0 part 2, 2.8.16 and 2.8.18: the info of a redirect error). */
export interface Redirect {
  /** What was redirected. */
  readonly scope: 'connection' | 'link'
  /** DNS name or address to connect to. */
  readonly networkHost: string | undefined
  readonly port: number | undefined
  /** For Open.hostname, SASL and TLS: the virtual host that is meant. */
  readonly hostname: string | undefined
  /** For a link: the address to use there. */
  readonly address: string | undefined
}

/**
 * The redirect in an error of the peer; undefined when it is no redirect. Nothing is followed by itself: whether a peer may send
 * us and our credentials elsewhere is the application's decision.
 */
export function redirectOf(error: AmqpError): Redirect | undefined {
  const { condition, info } = error
  if (condition !== 'amqp:connection:redirect' && condition !== 'amqp:link:redirect') return undefined
  return {
    scope: condition === 'amqp:link:redirect' ? 'link' : 'connection',
    networkHost: textOf(info?.get('network-host')),
    port: portOf(info?.get('port')),
    hostname: textOf(info?.get('hostname')),
    address: textOf(info?.get('address')),
  }
}

const textOf = (value: AmqpValue): string | undefined => (typeof value === 'string' ? value : undefined)

const portOf = (value: AmqpValue): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 0xffff ? value : undefined

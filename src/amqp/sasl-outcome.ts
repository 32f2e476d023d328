import { SASL_CODE, type SaslOutcome } from '../codec/sasl-frames.ts'
import { ConnectionError, SaslError } from './errors.ts'
import type { ClientExchange } from './sasl-exchange.ts'

const OUTCOMES = ['ok', 'authentication failed', 'system error', 'permanent system error', 'temporary system error']

/** Throws unless the outcome lets the client in: SaslError when it is refused, ConnectionError when the peer could not tell. */
export function checkOutcome({ code, additionalData }: SaslOutcome, exchange: ClientExchange): void {
  if (code === SASL_CODE.OK) return exchange.finish(additionalData)
  const told = exchange.refusal(additionalData)
  const reason = [OUTCOMES[code] ?? `outcome ${code}`, ...(told === undefined ? [] : [told])].join(', ')
  if (code === SASL_CODE.SYS || code === SASL_CODE.SYS_TEMP) {
    // Nothing is wrong with the credentials: another attempt may do.
    throw new ConnectionError(`the peer could not check the credentials (SASL ${exchange.mechanism}: ${reason})`, {
      origin: 'remote',
    })
  }
  throw new SaslError(`the peer refused the credentials (SASL ${exchange.mechanism}: ${reason})`, {
    origin: 'remote',
    condition: 'amqp:unauthorized-access',
  })
}

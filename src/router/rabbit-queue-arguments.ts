// What can be said of a queue when it is declared (RabbitMQ's documentation, "Queues", "AMQP 1.0" management).

import type { AmqpValue } from '../amqp/index.ts'
import { describeValue } from '../support/describe-value.ts'
import { RouterOptionsError } from './errors.ts'
import type { QueueOptions } from './queue-options.ts'

export interface QueueDeclaration {
  readonly durable: boolean
  /** Only the connection that declared it receives from it, and it goes with that. */
  readonly exclusive: boolean
  /** It goes with the last of its consumers. */
  readonly autoDelete: boolean
  /** As they were given; two declarations are the same when these are. */
  readonly given: ReadonlyMap<string, AmqpValue>
  readonly limits: QueueOptions
  /** Milliseconds without a consumer after which it goes. */
  readonly expiresMs: number | undefined
}

const FLAGS = ['durable', 'exclusive', 'auto_delete'] as const
const QUEUE_TYPES: readonly unknown[] = ['classic', 'quorum']

/** @throws RouterOptionsError */
export function queueDeclaration(body: AmqpValue): QueueDeclaration {
  const members = mapOf('the body', body)
  for (const name of members.keys())
    if (name !== 'arguments' && !(FLAGS as readonly string[]).includes(name))
      throw new RouterOptionsError(`unknown key '${name}' in the body; there are ${FLAGS.join(', ')}, arguments`)
  const given = mapOf('arguments', members.get('arguments'))
  return {
    durable: flagOf(members, 'durable', true),
    exclusive: flagOf(members, 'exclusive', false),
    autoDelete: flagOf(members, 'auto_delete', false),
    given,
    ...readArguments(given),
  }
}

function readArguments(given: ReadonlyMap<string, AmqpValue>): Pick<QueueDeclaration, 'limits' | 'expiresMs'> {
  let expiresMs: number | undefined
  let limits: QueueOptions = {}
  for (const [name, value] of given) {
    switch (name) {
      case 'x-expires':
        expiresMs = count(name, value, 1)
        break
      case 'x-message-ttl':
        limits = { ...limits, maxTtlMs: count(name, value, 1) }
        break
      case 'x-max-length':
        limits = { ...limits, maxMessages: count(name, value, 1) }
        break
      case 'x-max-length-bytes':
        limits = { ...limits, maxBytes: count(name, value, 1) }
        break
      case 'x-overflow':
        if (value !== 'reject-publish') throw new RouterOptionsError(`${name}: this manner has reject-publish only`)
        break
      case 'x-queue-type':
        if (!QUEUE_TYPES.includes(value))
          throw new RouterOptionsError(`${name}: this manner has ${QUEUE_TYPES.join(', ')}`)
        break
      default:
        throw new RouterOptionsError(`${name}: this manner has no such argument`)
    }
  }
  return { limits, expiresMs }
}

/** @throws RouterOptionsError unless it is a map with texts for keys, or null. */
export function mapOf(what: string, value: AmqpValue): ReadonlyMap<string, AmqpValue> {
  if (value === null || value === undefined) return new Map()
  if (!(value instanceof Map)) throw new RouterOptionsError(`${what}: expected a map, found ${describeValue(value)}`)
  for (const key of value.keys())
    if (typeof key !== 'string')
      throw new RouterOptionsError(`${what}: expected texts as keys, found ${describeValue(key)}`)
  return value as ReadonlyMap<string, AmqpValue>
}

/** @throws RouterOptionsError */
export function flagOf(members: ReadonlyMap<string, AmqpValue>, name: string, otherwise: boolean): boolean {
  const value = members.get(name) ?? otherwise
  if (typeof value === 'boolean') return value
  throw new RouterOptionsError(`${name}: expected true or false, found ${describeValue(value)}`)
}

/** @throws RouterOptionsError */
export function textOf(members: ReadonlyMap<string, AmqpValue>, name: string): string | undefined {
  const value = members.get(name)
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  throw new RouterOptionsError(`${name}: expected a text, found ${describeValue(value)}`)
}

function count(name: string, value: AmqpValue, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw new RouterOptionsError(`${name}: expected a whole number of at least ${least}, found ${describeValue(value)}`)
}

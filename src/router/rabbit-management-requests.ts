// What can be asked of RabbitMQ 4's /management: `to` is a path, `subject` a method, the body a map, as in HTTP.

import type { AmqpValue, Connection, EncodedMessage } from '../amqp/index.ts'
import { DecodeError, typed } from '../amqp/index.ts'
import { MAX_SHORT_STRING } from './binding-key.ts'
import { RouterOptionsError } from './errors.ts'
import { decoded } from './rabbit-address.ts'
import {
  type Binding,
  type Destination,
  EXCHANGE_TYPES,
  type Exchange,
  type ExchangeType,
  type RabbitExchanges,
} from './rabbit-exchanges.ts'
import { flagOf, mapOf, queueDeclaration, textOf } from './rabbit-queue-arguments.ts'
import type { RabbitQueue, RabbitQueues } from './rabbit-queues.ts'

export interface ManagementResponse {
  readonly status: number
  readonly body: AmqpValue
}

const OK = 200
const CREATED = 201
const NO_CONTENT: ManagementResponse = Object.freeze({ status: 204, body: null })

export class ManagementRequests {
  readonly #queues: RabbitQueues
  readonly #exchanges: RabbitExchanges
  readonly #host: string

  constructor(queues: RabbitQueues, exchanges: RabbitExchanges, host: string) {
    this.#queues = queues
    this.#exchanges = exchanges
    this.#host = host
  }

  answer(message: EncodedMessage, connection: Connection): ManagementResponse {
    try {
      const { properties, body } = message
      const value = body?.type === 'value' ? body.value : null
      return this.#route(`${properties?.subject}`, `${properties?.to}`, value, connection)
    } catch (error) {
      if (error instanceof RouterOptionsError || error instanceof DecodeError)
        return { status: 400, body: error.message }
      throw error
    }
  }

  #route(method: string, to: string, body: AmqpValue, connection: Connection): ManagementResponse {
    const [path = '', query = ''] = to.split('?', 2)
    const [before, kind, ...parts] = path.split('/')
    const [encoded, more, ...rest] = parts
    if (before !== '' || rest.length > 0) return noSuch(method, path)
    if (kind === 'queues' && encoded !== undefined) return this.#queue(method, nameIn(encoded), more, body, connection)
    if (kind === 'exchanges' && encoded !== undefined && more === undefined)
      return this.#exchange(method, nameIn(encoded), body)
    if (kind === 'bindings' && more === undefined) {
      if (encoded === undefined && method === 'POST') return this.#bind(body)
      if (encoded === undefined && method === 'GET') return this.#list(parametersOf(query, '&'))
      if (encoded !== undefined && method === 'DELETE') return this.#unbind(parametersOf(encoded, ';'))
    }
    return noSuch(method, path)
  }

  #queue(
    method: string,
    name: string,
    more: string | undefined,
    body: AmqpValue,
    connection: Connection,
  ): ManagementResponse {
    if (more !== undefined && !(more === 'messages' && method === 'DELETE')) return noSuch(method, `queues/…/${more}`)
    const queue = this.#queues.find(name)
    if (method === 'PUT') return this.#declare(name, queue, body, connection)
    if (queue?.owner && queue.owner !== connection)
      return { status: 400, body: `cannot obtain access to locked queue '${name}' in vhost '${this.#host}'` }
    if (method === 'GET') return queue ? { status: OK, body: described(queue, this.#host) } : this.#noQueue(name)
    if (method !== 'DELETE') return noSuch(method, `queues/${name}`)
    if (more === undefined) return { status: OK, body: messageCount(this.#queues.delete(name)) }
    return queue ? { status: OK, body: messageCount(queue.forwarder.purge()) } : this.#noQueue(name)
  }

  #declare(
    name: string,
    existing: RabbitQueue | undefined,
    body: AmqpValue,
    connection: Connection,
  ): ManagementResponse {
    const declaration = queueDeclaration(body)
    if (name.startsWith('amq.'))
      return { status: 403, body: `queue '${name}' in vhost '${this.#host}' starts with reserved prefix 'amq.'` }
    if (existing) {
      if (existing.owner && existing.owner !== connection)
        return { status: 400, body: `cannot obtain access to locked queue '${name}' in vhost '${this.#host}'` }
      const { durable, exclusive, autoDelete, given } = existing.declaration
      const before = { durable, exclusive, auto_delete: autoDelete }
      const now = {
        durable: declaration.durable,
        exclusive: declaration.exclusive,
        auto_delete: declaration.autoDelete,
      }
      for (const [key, value] of Object.entries(before))
        if (now[key as keyof typeof now] !== value) return this.#inequivalent(key, 'queue', name)
      for (const key of new Set([...given.keys(), ...declaration.given.keys()]))
        if (given.get(key) !== declaration.given.get(key)) return this.#inequivalent(key, 'queue', name)
      existing.used()
      return { status: OK, body: described(existing, this.#host) }
    }
    const queue = this.#queues.declare(name, declaration, connection)
    if (!queue) return { status: 400, body: 'there are as many addresses as there may be' }
    return { status: CREATED, body: described(queue, this.#host) }
  }

  #exchange(method: string, name: string, body: AmqpValue): ManagementResponse {
    if (method === 'DELETE') {
      if (name.startsWith('amq.')) return { status: 403, body: `exchange '${name}' is one of RabbitMQ's own` }
      this.#exchanges.delete(name)
      return NO_CONTENT
    }
    if (method !== 'PUT') return noSuch(method, `exchanges/${name}`)
    const members = mapOf('the body', body)
    const type = textOf(members, 'type') ?? 'direct'
    if (!EXCHANGE_TYPES.includes(type))
      throw new RouterOptionsError(`type: this manner has ${EXCHANGE_TYPES.join(', ')}`)
    const options = {
      type: type as ExchangeType,
      durable: flagOf(members, 'durable', true),
      autoDelete: flagOf(members, 'auto_delete', false),
      internal: flagOf(members, 'internal', false),
    }
    const existing = this.#exchanges.find(name)
    if (existing) {
      for (const [key, value] of Object.entries(existing.options))
        if (options[key as keyof typeof options] !== value) return this.#inequivalent(key, 'exchange', name)
      return NO_CONTENT
    }
    if (name.startsWith('amq.')) return { status: 403, body: `exchange '${name}' starts with reserved prefix 'amq.'` }
    if (this.#exchanges.full) return { status: 400, body: 'there are as many exchanges and bindings as there may be' }
    this.#exchanges.declare(name, options)
    return NO_CONTENT
  }

  #bind(body: AmqpValue): ManagementResponse {
    const members = mapOf('the body', body)
    if (mapOf('arguments', members.get('arguments')).size > 0)
      throw new RouterOptionsError('arguments: a binding of this manner has none')
    const key = textOf(members, 'binding_key') ?? ''
    if (Buffer.byteLength(key) > MAX_SHORT_STRING)
      throw new RouterOptionsError(`binding_key: at most ${MAX_SHORT_STRING} bytes`)
    const exchange = this.#exchangeFor(textOf(members, 'source'))
    const to = this.#destination(textOf(members, 'destination_queue'), textOf(members, 'destination_exchange'))
    if (this.#exchanges.full) return { status: 400, body: 'there are as many exchanges and bindings as there may be' }
    this.#exchanges.bind(exchange, { key, to })
    return NO_CONTENT
  }

  #list(parameters: ReadonlyMap<string, string>): ManagementResponse {
    const exchange = this.#exchangeFor(parameters.get('src'))
    const to = this.#destination(parameters.get('dstq'), parameters.get('dste'))
    const key = parameters.get('key') ?? ''
    const found = [...exchange.bindings].filter((one) => one.key === key && isSame(one.to, to))
    return { status: OK, body: found.map((binding) => describedBinding(exchange, binding)) }
  }

  #unbind(parameters: ReadonlyMap<string, string>): ManagementResponse {
    const exchange = this.#exchangeFor(parameters.get('src'))
    const to = this.#destination(parameters.get('dstq'), parameters.get('dste'))
    this.#exchanges.unbind(exchange, { key: parameters.get('key') ?? '', to })
    return NO_CONTENT
  }

  #exchangeFor(name: string | undefined): Exchange {
    if (name === undefined) throw new RouterOptionsError('the source exchange is missing')
    const exchange = this.#exchanges.find(name)
    if (!exchange) throw new RouterOptionsError(`no exchange '${name}' in vhost '${this.#host}'`)
    return exchange
  }

  #destination(queue: string | undefined, exchange: string | undefined): Destination {
    if ((queue === undefined) === (exchange === undefined))
      throw new RouterOptionsError('expected a destination: a queue or an exchange')
    if (queue !== undefined) {
      if (!this.#queues.find(queue)) throw new RouterOptionsError(`no queue '${queue}' in vhost '${this.#host}'`)
      return { kind: 'queue', name: queue }
    }
    return { kind: 'exchange', name: this.#exchangeFor(exchange).name }
  }

  #noQueue(name: string): ManagementResponse {
    return { status: 404, body: `no queue '${name}' in vhost '${this.#host}'` }
  }

  #inequivalent(key: string, kind: string, name: string): ManagementResponse {
    return { status: 409, body: `inequivalent arg '${key}' for ${kind} '${name}' in vhost '${this.#host}'` }
  }
}

const noSuch = (method: string, path: string): ManagementResponse => ({
  status: 404,
  body: `there is no ${method} of ${path} here`,
})

const isSame = (one: Destination, other: Destination): boolean => one.kind === other.kind && one.name === other.name

const messageCount = (count: number): AmqpValue => ({ message_count: typed('ulong', count) })

function described({ name, declaration, owner, forwarder, consumers }: RabbitQueue, host: string): AmqpValue {
  const { durable, autoDelete, given } = declaration
  return {
    name,
    vhost: host,
    durable,
    auto_delete: autoDelete,
    exclusive: owner !== undefined,
    type: given.get('x-queue-type') ?? 'classic',
    arguments: new Map(given),
    message_count: typed('ulong', forwarder.queue.quota.messages),
    consumer_count: typed('uint', consumers),
  }
}

function describedBinding({ name }: Exchange, { key, to }: Binding): AmqpValue {
  const part = encodeURIComponent
  const destination = to.kind === 'queue' ? 'dstq' : 'dste'
  return {
    source: name,
    [to.kind === 'queue' ? 'destination_queue' : 'destination_exchange']: to.name,
    binding_key: key,
    arguments: new Map(),
    location: `/bindings/src=${part(name)};${destination}=${part(to.name)};key=${part(key)};args=`,
  }
}

/** @throws RouterOptionsError */
function nameIn(encoded: string): string {
  const name = decoded(encoded)
  if (name === undefined) throw new RouterOptionsError(`"${encoded}" is not percent-encoded text`)
  if (name === '' || Buffer.byteLength(name) > MAX_SHORT_STRING)
    throw new RouterOptionsError(
      `a name has between 1 and ${MAX_SHORT_STRING} bytes, this one ${Buffer.byteLength(name)}`,
    )
  return name
}

/** @throws RouterOptionsError */
function parametersOf(text: string, separator: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const part of text.split(separator)) {
    const [name = '', value = ''] = part.split('=', 2)
    const decodedValue = decoded(value)
    if (decodedValue === undefined) throw new RouterOptionsError(`${name}: "${value}" is not percent-encoded text`)
    parameters.set(name, decodedValue)
  }
  return parameters
}

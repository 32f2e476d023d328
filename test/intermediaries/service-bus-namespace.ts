// One namespace of the imitated Service Bus: the entities that somebody has configured, here by the beginnings of their names, and what a
// link to them is answered. Sources: see src/amqp1/service-bus-profile.ts.

import type { AmqpValue, Delivery, ErrorCondition, LinkRequest, Sender } from '../../src/amqp/index.ts'
import { ServiceBusQueue } from './service-bus-queue.ts'

const SESSION_FILTER = 'com.microsoft:session-filter'
const QUEUES = /^(?:exclusive|unicast)\.[\w.-]+$/
const TOPICS = /^broadcast\.[\w.-]+\.all$/
const SUBSCRIPTIONS = /^(broadcast\.[\w.-]+\.all)\/Subscriptions\/([\w.-]{1,50})$/
const WITH_SESSIONS = /^replies$/

export interface NamespaceOptions {
  readonly sessionLockMs: number
}

export class ServiceBusNamespace {
  readonly #sessionLockMs: number
  readonly #queues = new Map<string, ServiceBusQueue>()
  /** Of each topic, by their names. */
  readonly #subscriptions = new Map<string, Map<string, ServiceBusQueue>>()
  /** Of links for answers, by what requests call their other end: each connection has its own. */
  readonly #answers = new WeakMap<object, Map<string, Sender>>()

  constructor({ sessionLockMs }: NamespaceOptions) {
    this.#sessionLockMs = sessionLockMs
  }

  onLink(request: LinkRequest): void {
    const { role, source, target } = request
    if (source?.dynamic || (target && 'dynamic' in target && target.dynamic))
      return request.refuse(refusal('amqp:not-implemented', 'there are no dynamic nodes'))
    const address = request.address ?? ''
    if (address.endsWith('/$management'))
      return this.requestsAt(request, (message) => this.#manage(address.slice(0, -'/$management'.length), message))
    if (role === 'sender') this.#take(request, address)
    else this.#give(request, address)
  }

  /** A node that answers requests, over two links. */
  requestsAt(request: LinkRequest, answer: (message: Delivery['message']) => ReadonlyMap<string, AmqpValue>): void {
    const { connection } = request
    const answers = this.#answers.get(connection) ?? new Map<string, Sender>()
    this.#answers.set(connection, answers)
    if (request.role === 'receiver') {
      const own = request.target && 'address' in request.target ? request.target.address : undefined
      answers.set(own ?? '', request.acceptSender())
      return
    }
    request.acceptReceiver({
      onDelivery: (delivery) => {
        const { messageId, replyTo } = delivery.message.properties ?? {}
        const applicationProperties = answer(delivery.message)
        delivery.accept()
        void answers
          .get(replyTo ?? '')
          ?.send({ properties: { correlationId: messageId }, applicationProperties }, { settled: true })
          .catch(() => {})
      },
    })
  }

  #manage(entity: string, { applicationProperties, body }: Delivery['message']): ReadonlyMap<string, AmqpValue> {
    const queue = this.#queue(entity)
    const session = body?.type === 'value' && body.value instanceof Map ? body.value.get('session-id') : undefined
    if (applicationProperties?.get('operation') !== 'com.microsoft:renew-session-lock')
      return status(501, 'not imitated')
    if (typeof session !== 'string' || !queue?.isLocked(session)) return status(410, 'the session lock is not there')
    queue.lock(session, this.#sessionLockMs)
    return status(200, 'OK')
  }

  #take(request: LinkRequest, address: string): void {
    const topic = TOPICS.test(address)
    const queue = topic ? undefined : this.#queue(address)
    if (!topic && !queue) return request.refuse(notFound(address))
    request.acceptReceiver({
      onDelivery: (delivery) => {
        const { header, properties } = delivery.message
        const group = properties?.groupId
        if (queue?.hasSessions && !group)
          return delivery.reject(refusal('amqp:not-allowed', 'the SessionId was not set on a message'))
        const bytes = Buffer.from(delivery.payload)
        const takers = queue ? [queue] : [...(this.#subscriptions.get(address)?.values() ?? [])]
        delivery.accept()
        for (const one of takers) one.put(bytes, group, header?.ttl)
      },
    })
  }

  #give(request: LinkRequest, address: string): void {
    const queue = this.#queue(address) ?? this.#subscription(address)
    if (!queue) return request.refuse(notFound(address))
    const filter = request.source?.filter?.get(SESSION_FILTER)
    const asked = filter !== null && typeof filter === 'object' && 'value' in filter ? filter.value : filter
    const session = typeof asked === 'string' ? asked : undefined
    if (queue.hasSessions && session === undefined)
      return request.refuse(
        refusal('amqp:not-allowed', 'an entity that requires sessions has no receivers without one'),
      )
    if (session !== undefined && queue.isLocked(session))
      return request.refuse(refusal('com.microsoft:session-cannot-be-locked', `session ${session} is another's`))
    queue.add(request.acceptSender({ onCredit: () => queue.dispatch() }), session)
    if (session !== undefined) queue.lock(session, this.#sessionLockMs)
  }

  #queue(name: string): ServiceBusQueue | undefined {
    const hasSessions = WITH_SESSIONS.test(name)
    if (name.length > 260 || (!hasSessions && !QUEUES.test(name))) return undefined
    return obtained(this.#queues, name, () => new ServiceBusQueue(hasSessions))
  }

  #subscription(address: string): ServiceBusQueue | undefined {
    const [, topic, name] = SUBSCRIPTIONS.exec(address) ?? []
    if (topic === undefined || name === undefined) return undefined
    const ofTopic = obtained(this.#subscriptions, topic, () => new Map<string, ServiceBusQueue>())
    return obtained(ofTopic, name, () => new ServiceBusQueue(false))
  }
}

function obtained<T>(map: Map<string, T>, name: string, make: () => T): T {
  const found = map.get(name) ?? make()
  map.set(name, found)
  return found
}

export const status = (code: number, description: string): ReadonlyMap<string, AmqpValue> =>
  new Map<string, AmqpValue>([
    ['statusCode', code],
    ['statusDescription', description],
  ])

const refusal = (condition: string, description: string): ErrorCondition => ({ condition, description })

const notFound = (address: string): ErrorCondition =>
  refusal('amqp:not-found', `the messaging entity ${address} could not be found`)

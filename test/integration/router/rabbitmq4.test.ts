// A router with the manners of RabbitMQ 4.3, as its clients see it: each case is a row of what was recorded from it.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  type AmqpValue,
  attachLinkPair,
  type Connection,
  type Delivery,
  LinkError,
  type LinkPair,
  type Session,
} from '../../../src/amqp/index.ts'
import { Bus, message, texts, until } from './bus.ts'

const as = 'rabbitmq4'
const onDelivery = (): void => {}

const refusedWith =
  (condition: string, text = '') =>
  (error: unknown) =>
    error instanceof LinkError && error.condition === condition && error.message.includes(text)

/** The pair of links at /management. */
class Management {
  readonly session: Session
  readonly pair: LinkPair
  readonly #responses: Delivery[]
  readonly #waiters: ((delivery: Delivery) => void)[]
  #requests = 0

  private constructor(session: Session, pair: LinkPair, responses: Delivery[], waiters: ((d: Delivery) => void)[]) {
    this.session = session
    this.pair = pair
    this.#responses = responses
    this.#waiters = waiters
  }

  static async open(connection: Connection): Promise<Management> {
    const session = await connection.openSession()
    const responses: Delivery[] = []
    const waiters: ((delivery: Delivery) => void)[] = []
    const take = (delivery: Delivery): void => {
      const waiter = waiters.shift()
      if (waiter) waiter(delivery)
      else responses.push(delivery)
    }
    const pair = await attachLinkPair(session, {
      name: 'management-link-pair',
      address: '/management',
      sender: { sndSettleMode: 1 },
      receiver: { sndSettleMode: 1, creditWindow: 100, onDelivery: take },
    })
    return new Management(session, pair, responses, waiters)
  }

  async ask(method: string, to: string, body: AmqpValue = null): Promise<{ status: string; body: AmqpValue }> {
    this.#requests += 1
    const messageId = `${this.#requests}`
    const properties = { messageId, to, subject: method, replyTo: '$me' }
    await this.pair.sender.send({ properties, body: { type: 'value', value: body } }, { settled: true })
    const early = this.#responses.shift()
    const { message: response } = early ?? (await new Promise<Delivery>((resolve) => this.#waiters.push(resolve)))
    assert.equal(response.properties?.correlationId, messageId)
    assert.equal(response.applicationProperties?.get('http:response'), '1.1')
    assert.equal(response.body?.type, 'value')
    return {
      status: `${response.properties?.subject}`,
      body: response.body?.type === 'value' ? response.body.value : null,
    }
  }

  /** The status alone. */
  async status(method: string, to: string, body: AmqpValue = null): Promise<string> {
    return (await this.ask(method, to, body)).status
  }
}

async function start(t: TestContext): Promise<{ bus: Bus; connection: Connection; management: Management }> {
  const bus = await Bus.start(t, { as })
  const connection = await login(bus)
  return { bus, connection, management: await Management.open(connection) }
}

const login = (bus: Bus, hostname?: string): Promise<Connection> =>
  bus.connect({ sasl: { username: 'guest', password: 'guest' }, ...(hostname === undefined ? {} : { hostname }) })

const numberIn = (body: AmqpValue, name: string): unknown => (body as Map<string, AmqpValue>).get(name)

describe('a router --as rabbitmq4', () => {
  it('calls itself what the broker does, and wants SASL', async (t) => {
    const bus = await Bus.start(t, { as })
    const { remote } = await login(bus)
    assert.equal(remote.properties.get('product'), 'RabbitMQ')
    assert.equal(remote.properties.get('version'), '4.3.6')
    assert.deepEqual(remote.offeredCapabilities, ['LINK_PAIR_V1_0', 'ANONYMOUS-RELAY'])
    assert.equal(remote.channelMax, 63)
    await assert.rejects(bus.connect({ sasl: { username: 'guest', password: 'wrong' } }), /SASL|refused/i)
  })

  it('declares, describes and deletes queues at /management', async (t) => {
    const { management } = await start(t)
    const name = encodeURIComponent('a/b ü%#*')
    const asked = { durable: true, arguments: { 'x-expires': 60_000 } }
    const { status, body } = await management.ask('PUT', `/queues/${name}`, asked)
    assert.equal(status, '201')
    assert.equal(numberIn(body, 'name'), 'a/b ü%#*')
    assert.equal(await management.status('PUT', `/queues/${name}`, asked), '200')
    const other = await management.ask('PUT', `/queues/${name}`, { durable: false })
    assert.equal(other.status, '409')
    assert.match(`${other.body}`, /inequivalent arg 'durable'/)
    assert.equal(await management.status('PUT', `/queues/${name}`, { durable: true }), '409')
    assert.equal(await management.status('GET', `/queues/${name}`), '200')
    assert.equal(await management.status('DELETE', `/queues/${name}`), '200')
    assert.equal(await management.status('GET', `/queues/${name}`), '404')
    assert.equal(await management.status('DELETE', `/queues/${name}`), '200')
  })

  it('says what is wrong with a request, and goes on', async (t) => {
    const { management } = await start(t)
    const cases: readonly [string, string, AmqpValue, string, RegExp][] = [
      ['PUT', '/queues/q', { nonsense: 1 }, '400', /unknown key 'nonsense'/],
      ['PUT', '/queues/q', { durable: 'yes' }, '400', /durable: expected true or false/],
      ['PUT', '/queues/q', ['durable'], '400', /the body: expected a map/],
      ['PUT', '/queues/q', { arguments: { 'x-expires': -1 } }, '400', /x-expires: expected a whole number/],
      ['PUT', '/queues/q', { arguments: { 'x-overflow': 'drop-head' } }, '400', /reject-publish/],
      ['PUT', '/queues/q', { arguments: { 'x-no': 1 } }, '400', /x-no/],
      ['PUT', '/queues/%zz', null, '400', /percent-encoded/],
      ['PUT', `/queues/${'x'.repeat(256)}`, null, '400', /255/],
      ['PUT', '/queues/amq.x', null, '403', /reserved prefix/],
      ['PUT', '/exchanges/x', { type: 'headers' }, '400', /direct, fanout, topic/],
      ['PUT', '/exchanges/amq.x', null, '403', /reserved prefix/],
      ['PUT', '/exchanges/amq.direct', { type: 'fanout' }, '409', /inequivalent arg 'type'/],
      ['DELETE', '/exchanges/amq.direct', null, '403', /own/],
      ['POST', '/bindings', { source: 'no', destination_queue: 'q' }, '400', /no exchange 'no' in vhost '\/'/],
      ['POST', '/bindings', { source: 'amq.direct', destination_queue: 'q' }, '400', /no queue 'q' in vhost '\/'/],
      ['POST', '/bindings', { source: 'amq.direct' }, '400', /a queue or an exchange/],
      ['PATCH', '/queues/q', null, '404', /PATCH/],
      ['GET', '/nothing', null, '404', /nothing/],
      ['GET', 'queues/q', null, '404', /GET/],
    ]
    for (const [method, to, body, status, text] of cases) {
      const answer = await management.ask(method, to, body)
      assert.equal(answer.status, status, `${method} ${to}: ${answer.body}`)
      assert.match(`${answer.body}`, text, `${method} ${to}`)
    }
    assert.equal(await management.status('PUT', '/queues/q'), '201')
  })

  it('makes no node by an attach', async (t) => {
    const { bus, connection } = await start(t)
    const receive = (address: string): Promise<unknown> => bus.receiver({ address, onDelivery }, connection)
    await assert.rejects(receive('/queues/nope'), refusedWith('amqp:not-found', "no queue 'nope' in vhost '/'"))
    await assert.rejects(
      bus.sender({ address: '/exchanges/nope' }, connection),
      refusedWith('amqp:not-found', "no exchange 'nope'"),
    )
    for (const address of ['/queue/x', 'x', '/topic/k', 'openstack.org/om/rpc/anycast/a/b', '/queues/%zz', ''])
      await assert.rejects(receive(address), LinkError, address)
    await assert.rejects(receive('/exchanges/amq.fanout'), refusedWith('amqp:invalid-field'))
  })

  it('ends the link that brings a message without a body, and takes an empty one', async (t) => {
    const { bus, connection, management } = await start(t)
    assert.equal(await management.status('PUT', '/queues/q'), '201')
    for (const target of [{ address: '/queues/q' }, { address: undefined }]) {
      const sender = await bus.sender({ target }, connection)
      await sender.send({ properties: { to: '/queues/q' }, body: { type: 'value', value: null } })
      const failed = refusedWith('amqp:decode-error', 'missing_amqp_message_body')
      await assert.rejects(sender.send({ properties: { to: '/queues/q' } }), failed)
    }
    assert.equal(numberIn((await management.ask('GET', '/queues/q')).body, 'message_count'), 2)
  })

  it('has dynamic sources only with the capability temporary-queue', async (t) => {
    const { bus, connection } = await start(t)
    const dynamic = { dynamic: true } as const
    await assert.rejects(
      bus.receiver({ source: dynamic, onDelivery }, connection),
      refusedWith('amqp:not-implemented', 'Dynamic source not supported'),
    )
    const capabilities = ['temporary-queue']
    const collector = await bus.collector({ source: { ...dynamic, capabilities } }, connection)
    const address = `${collector.receiver.remoteSource?.address}`
    assert.match(address, /^\/queues\/amq\.dyn-/)
    const other = await login(bus)
    const [named, anonymous] = [await bus.sender({ address }, other), await bus.sender({ target: {} }, other)]
    assert.equal((await named.send(message('one'))).type, 'accepted')
    assert.equal((await anonymous.send(message('two', address))).type, 'accepted')
    assert.deepEqual(await collector.count(2), ['one', 'two'])
    await assert.rejects(bus.receiver({ address, onDelivery }, other), refusedWith('amqp:resource-locked'))
    await collector.receiver.detach()
    assert.equal((await named.closed)?.condition, 'amqp:resource-deleted')
    assert.equal((await anonymous.send(message('three', address))).type, 'released')
    await assert.rejects(bus.sender({ address }, other), refusedWith('amqp:not-found'))
  })

  it('routes by exchange and key, and releases what leads nowhere', async (t) => {
    const { bus, connection, management } = await start(t)
    for (const queue of ['one', 'two']) {
      await management.ask('PUT', `/queues/${queue}`)
      const binding = { source: 'amq.topic', destination_queue: queue, binding_key: `${queue}.#`, arguments: {} }
      assert.equal(await management.status('POST', '/bindings', binding), '204')
      await management.ask('POST', '/bindings', { ...binding, binding_key: '*.all' })
    }
    const send = async (address: string): Promise<string> =>
      (await (await bus.sender({ address }, connection)).send(message(address))).type
    assert.equal(await send('/exchanges/amq.topic/one.x.y'), 'accepted')
    assert.equal(await send('/exchanges/amq.topic/x.all'), 'accepted')
    assert.equal(await send('/exchanges/amq.topic/nobody'), 'released')
    assert.equal(await send('/exchanges/amq.direct/one'), 'released')
    const [one, two] = [
      await bus.collector({ address: '/queues/one' }, connection),
      await bus.collector({ address: '/queues/two' }, connection),
    ]
    assert.deepEqual(await one.count(2), ['/exchanges/amq.topic/one.x.y', '/exchanges/amq.topic/x.all'])
    assert.deepEqual(await two.count(1), ['/exchanges/amq.topic/x.all'])
    const list = await management.ask('GET', '/bindings?src=amq.topic&dstq=one&key=one.%23')
    const [entry] = list.body as AmqpValue[]
    const location = `${numberIn(entry, 'location')}`
    assert.equal(location, '/bindings/src=amq.topic;dstq=one;key=one.%23;args=')
    assert.equal(await management.status('DELETE', location), '204')
    assert.equal(await send('/exchanges/amq.topic/one.x.y'), 'released')
  })

  it('sends through exchanges that are bound to each other, each queue once', async (t) => {
    const { bus, connection, management } = await start(t)
    await management.ask('PUT', '/queues/q')
    for (const [name, type] of [
      ['a', 'fanout'],
      ['b', 'direct'],
    ])
      assert.equal(await management.status('PUT', `/exchanges/${name}`, { type, auto_delete: true }), '204')
    for (const [source, destination] of [
      ['a', { destination_exchange: 'b' }],
      ['b', { destination_exchange: 'a' }],
      ['a', { destination_queue: 'q' }],
      ['b', { destination_queue: 'q' }],
    ] as const)
      assert.equal(await management.status('POST', '/bindings', { source, binding_key: 'k', ...destination }), '204')
    const sender = await bus.sender({ address: '/exchanges/a/k' }, connection)
    assert.equal((await sender.send(message('m'))).type, 'accepted')
    assert.equal(bus.router.counters.stored, 1)
    // With its last binding an exchange goes, and with it the links of those who send to it.
    await management.ask('DELETE', '/exchanges/b')
    await management.ask('DELETE', '/queues/q')
    assert.equal((await sender.closed)?.condition, 'amqp:not-found')
    assert.equal(bus.router.counters.stored, 0)
  })

  it('deletes an exclusive queue with its connection, an auto-delete one with its last consumer, another when unused', async (t) => {
    const { bus, connection, management } = await start(t)
    await management.ask('PUT', '/queues/mine', { exclusive: true })
    await management.ask('PUT', '/queues/auto', { auto_delete: true })
    await management.ask('PUT', '/queues/short', { arguments: { 'x-expires': 50 } })
    const other = await login(bus)
    const watching = await Management.open(other)
    const receiver = await bus.receiver({ address: '/queues/auto', onDelivery }, other)
    await receiver.detach()
    while ((await watching.status('GET', '/queues/auto')) !== '404');
    while ((await management.status('DELETE', '/bindings/src=amq.direct;dstq=short;key=;args=')) !== '400');
    assert.equal(await watching.status('GET', '/queues/mine'), '400') // locked
    await connection.close()
    while ((await watching.status('GET', '/queues/mine')) !== '404');
    await until(() => bus.router.counters.addresses === 0)
  })

  it('keeps a queue and what is in it without any link, and rejects what is beyond its length', async (t) => {
    const { bus, connection, management } = await start(t)
    await management.ask('PUT', '/queues/q', { arguments: { 'x-max-length': 2, 'x-overflow': 'reject-publish' } })
    const sender = await bus.sender({ target: {} }, connection)
    const outcomes = []
    for (const text of texts(3)) outcomes.push(await sender.send(message(text, '/queues/q')))
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['accepted', 'accepted', 'rejected'],
    )
    await connection.close()
    await until(() => bus.router.counters.connections === 0)
    const later = await login(bus)
    assert.deepEqual(await (await bus.collector({ address: '/queues/q' }, later)).count(2), texts(2))
    const again = await Management.open(later)
    await (await bus.sender({ address: '/queues/q' }, later)).send(message('x'))
    const { body } = await again.ask('DELETE', '/queues/q')
    assert.equal(typeof numberIn(body, 'message_count'), 'number')
  })

  it('ends messages by the ttl of their queue', async (t) => {
    const { bus, connection, management } = await start(t)
    await management.ask('PUT', '/queues/q', { arguments: { 'x-message-ttl': 20 } })
    await (await bus.sender({ address: '/queues/q' }, connection)).send(message('m'))
    await until(() => bus.router.counters.expired === 1)
    const { body } = await management.ask('GET', '/queues/q')
    assert.equal(numberIn(body, 'message_count'), 0)
  })

  it('rejects what an anonymous sender does not address', async (t) => {
    const { bus, connection } = await start(t)
    const sender = await bus.sender({ target: {} }, connection)
    const conditionFor = async (to?: string): Promise<string> => {
      const outcome = await sender.send(message('m', to))
      return outcome.type === 'rejected' ? `${outcome.error?.condition}` : outcome.type
    }
    assert.equal(await conditionFor(), 'amqp:precondition-failed')
    assert.equal(await conditionFor('x'), 'amqp:precondition-failed')
    assert.equal(await conditionFor('/exchanges/nope'), 'amqp:not-found')
    assert.equal(await conditionFor('/queues/nope'), 'released')
    assert.equal(await conditionFor('/exchanges/amq.fanout'), 'released')
  })

  it('answers at /management only a pair of links, settled requests, and where there is credit', async (t) => {
    const { bus, connection, management } = await start(t)
    await assert.rejects(bus.sender({ address: '/management' }, connection), refusedWith('amqp:not-implemented'))
    await management.pair.sender.send(message('x', '/queues/q')).catch(() => {})
    assert.equal((await management.session.closed)?.condition, 'amqp:precondition-failed')
    const mute = await connection.openSession()
    const { sender } = await attachLinkPair(mute, {
      address: '/management',
      receiver: { creditWindow: 0, onDelivery },
    })
    const request = {
      properties: { messageId: '1', to: '/queues/q', subject: 'PUT' },
      body: { type: 'value', value: null },
    }
    await sender.send(request as never, { settled: true })
    assert.match(`${(await mute.closed)?.message}`, /no credit for the response/)
    assert.equal(await (await Management.open(connection)).status('GET', '/queues/q'), '404')
  })

  it('keeps virtual hosts apart', async (t) => {
    const { bus, management } = await start(t)
    const other = await Management.open(await login(bus, 'vhost:v1'))
    await management.ask('PUT', '/queues/q')
    const { status, body } = await other.ask('GET', '/queues/q')
    assert.equal(status, '404')
    assert.match(`${body}`, /in vhost 'v1'/)
    assert.equal(await (await Management.open(await login(bus, 'any.host'))).status('GET', '/queues/q'), '200')
  })

  it('counts what came settled and did not get into every queue', async (t) => {
    const { bus, connection, management } = await start(t)
    for (const queue of ['one', 'two']) {
      await management.ask('PUT', `/queues/${queue}`, { arguments: { 'x-max-length': 1 } })
      await management.ask('POST', '/bindings', { source: 'amq.fanout', destination_queue: queue })
    }
    const sender = await bus.sender({ address: '/exchanges/amq.fanout' }, connection)
    for (const text of texts(3)) await sender.send(message(text), { settled: true })
    await until(() => bus.router.counters.droppedFull === 4)
    assert.equal(bus.router.counters.stored, 2)
  })

  it('lets no sender keep a queue that expires', async (t) => {
    const { connection, management } = await start(t)
    await management.ask('PUT', '/queues/q', { arguments: { 'x-expires': 200 } })
    const session = await connection.openSession()
    let condition: string | undefined
    while (condition === undefined) {
      try {
        await (await session.attachSender({ address: '/queues/q' })).detach()
      } catch (error) {
        condition = error instanceof LinkError ? error.condition : String(error)
      }
    }
    assert.equal(condition, 'amqp:not-found')
    assert.equal(await management.status('GET', '/queues/q'), '404')
  })

  it('counts exchanges and bindings as addresses, and gives their places back', async (t) => {
    const bus = await Bus.start(t, { as, maxAddresses: 3 })
    const management = await Management.open(await login(bus))
    assert.equal(await management.status('PUT', '/queues/q'), '201')
    assert.equal(await management.status('PUT', '/exchanges/x', { type: 'fanout' }), '204')
    assert.equal(await management.status('POST', '/bindings', { source: 'x', destination_queue: 'q' }), '204')
    assert.equal(await management.status('POST', '/bindings', { source: 'x', destination_queue: 'q' }), '400')
    assert.equal(await management.status('PUT', '/queues/r'), '400')
    assert.equal(await management.status('DELETE', '/exchanges/x'), '204')
    assert.equal(await management.status('PUT', '/queues/r'), '201')
    assert.equal(await management.status('DELETE', '/queues/r'), '200')
    assert.equal(await management.status('PUT', '/exchanges/y'), '204')
  })

  it('ends the session of a request that cannot be read', async (t) => {
    const { management } = await start(t)
    await management.pair.sender.send(Buffer.from([0x00, 0x53, 0x73, 0xc1]), { settled: true }).catch(() => {})
    assert.match(`${(await management.session.closed)?.message}`, /message-id that can be read/)
  })
})

// Questions to `$management`, as programs put them, and as hostile ones do.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Message as RheaMessage, Source } from 'rhea'
import type {
  AmqpValue,
  Connection,
  ConnectOptions,
  EncodedMessage,
  Message,
  MessageId,
  Outcome,
  Sender,
} from '../../../src/amqp/index.ts'
import { Uuid } from '../../../src/amqp/index.ts'
import type { RouterOptions } from '../../../src/router/index.ts'
import { Bus, message, until } from './bus.ts'
import { connectRhea, next } from './rhea-peer.ts'

const LINK = 'org.apache.qpid.dispatch.router.link'
const ADDRESS = 'org.apache.qpid.dispatch.router.address'
const CONNECTION = 'org.apache.qpid.dispatch.connection'
const ROUTER = 'org.apache.qpid.dispatch.router'

interface Told {
  readonly status: AmqpValue
  readonly description: AmqpValue
  readonly more: AmqpValue
  readonly correlationId: MessageId | undefined
  readonly body: AmqpValue
}

type Asked = Readonly<Record<string, AmqpValue>>

/** One connection that asks, with a link for questions and one for answers. */
class Asker {
  readonly connection: Connection
  readonly sender: Sender
  readonly replyTo: string
  readonly answers: EncodedMessage[] = []

  private constructor(connection: Connection, sender: Sender, replyTo: string) {
    this.connection = connection
    this.sender = sender
    this.replyTo = replyTo
  }

  static async start(bus: Bus, options: ConnectOptions = {}, address: string | undefined = '$management') {
    const connection = await bus.connect(options)
    let asker: Asker | undefined
    const reply = await bus.receiver(
      {
        source: { dynamic: true },
        onDelivery: (delivery) => {
          asker?.answers.push(delivery.message)
          delivery.accept()
        },
      },
      connection,
    )
    const target = address === undefined ? {} : { address }
    const sender = await bus.sender({ target, source: { address: 'asker' } }, connection)
    asker = new Asker(connection, sender, reply.remoteSource?.address as string)
    return asker
  }

  request(asked: Asked, body?: AmqpValue, properties: Message['properties'] = {}): Message {
    return {
      properties: { replyTo: this.replyTo, ...properties },
      applicationProperties: new Map(Object.entries(asked)),
      body: { type: 'value', value: body },
    }
  }

  async ask(asked: Asked, body?: AmqpValue, properties: Message['properties'] = {}): Promise<Told> {
    const outcome = await this.sender.send(this.request(asked, body, properties))
    assert.equal(outcome.type, 'accepted')
    await until(() => this.answers.length > 0)
    const answer = this.answers.shift() as EncodedMessage
    assert.equal(answer.properties?.to, this.replyTo)
    const told = answer.applicationProperties
    return {
      status: told?.get('statusCode'),
      description: told?.get('statusDescription'),
      more: told?.get('more'),
      correlationId: answer.properties?.correlationId,
      body: answer.value,
    }
  }

  /** The results of a query, by their attributes. */
  async query(entityType: string, asked: Asked = {}, attributeNames?: string[]): Promise<Record<string, AmqpValue>[]> {
    const operation = { operation: 'QUERY', type: 'org.amqp.management', name: 'self', entityType }
    const { status, description, body } = await this.ask({ ...operation, ...asked }, { attributeNames })
    assert.equal(status, 200, String(description))
    const told = body as Map<string, AmqpValue>
    const names = told.get('attributeNames') as string[]
    return (told.get('results') as AmqpValue[][]).map((row) =>
      Object.fromEntries(names.map((name, index) => [name, row[index]])),
    )
  }
}

async function start(t: TestContext, options: RouterOptions = {}): Promise<{ bus: Bus; asker: Asker }> {
  const bus = await Bus.start(t, options)
  return { bus, asker: await Asker.start(bus) }
}

const conditionOf = (outcome: Outcome) => (outcome.type === 'rejected' ? outcome.error?.condition : outcome.type)

describe('a query to $management', () => {
  it('tells of connections', async (t) => {
    const { bus, asker } = await start(t)
    await bus.connect({ containerId: 'another' })
    const found = await asker.query(CONNECTION)
    assert.deepEqual(
      found.map(({ container, role, dir, user, isAuthenticated, isEncrypted, tenant }) => [
        container,
        role,
        dir,
        user,
        isAuthenticated,
        isEncrypted,
        tenant,
      ]),
      [
        [asker.connection.containerId, 'normal', 'in', null, false, false, null],
        ['another', 'normal', 'in', null, false, false, null],
      ],
    )
    assert.match(String(found[0]?.host), /^127\.0\.0\.1:\d+$/)
    assert.equal(found[0]?.type, CONNECTION)
    assert.notEqual(found[0]?.identity, found[1]?.identity)
  })

  it('tells who has shown who it is', async (t) => {
    const bus = await Bus.start(t, { sasl: { authenticate: (_, user, password) => user === password } })
    const asker = await Asker.start(bus, { sasl: { username: 'ann', password: 'ann' } })
    const [found] = await asker.query('connection')
    assert.deepEqual([found?.user, found?.isAuthenticated], ['ann', true])
    assert.ok(!JSON.stringify(found).includes('password'))
  })

  it('tells of links, and of what they carry', async (t) => {
    const { bus, asker } = await start(t)
    const collector = await bus.collector({ address: 'jobs', name: 'worker' })
    const sender = await bus.sender({ address: 'jobs', name: 'boss' })
    for (const text of ['a', 'b']) await sender.send(message(text))
    await collector.count(2)
    await bus.receiver({ address: 'jobs', name: 'idle', creditWindow: 0, onDelivery: () => {} })
    const links = (await asker.query(LINK)).filter(({ address }) => address === 'jobs')
    assert.deepEqual(
      links.map(({ name, linkDir, owningAddr, deliveryCount, unsettledCount }) => [
        name,
        linkDir,
        owningAddr,
        deliveryCount,
        unsettledCount,
      ]),
      [
        ['worker', 'out', 'M0jobs', 2, 0],
        ['boss', 'in', 'M0jobs', 2, 0],
        ['idle', 'out', 'M0jobs', 0, 0],
      ],
    )
    const connections = await asker.query(CONNECTION)
    assert.ok(links.every(({ connectionId }) => connections.some(({ identity }) => identity === connectionId)))
  })

  it('tells of addresses, their distribution and what passes through them', async (t) => {
    const { bus, asker } = await start(t, { rules: [{ prefix: 'stored', distribution: 'queue' }] })
    await bus.collector({ address: 'broadcast.x' })
    const sender = await bus.sender({ address: 'stored.x' })
    for (const text of ['a', 'b', 'c']) await sender.send(message(text))
    await (await bus.sender({ address: 'broadcast.x' })).send(message('d'))
    const found = new Map((await asker.query(ADDRESS)).map((one) => [one.address, one]))
    const stored = found.get('stored.x')
    assert.deepEqual([stored?.distribution, stored?.heldCount, stored?.deliveriesIngress], ['queue', 3, 3])
    const broadcast = found.get('broadcast.x')
    assert.deepEqual(
      [broadcast?.name, broadcast?.distribution, broadcast?.subscriberCount, broadcast?.producerCount],
      ['M0broadcast.x', 'multicast', 1, 1],
    )
    assert.deepEqual([broadcast?.deliveriesIngress, broadcast?.deliveriesEgress], [1, 1])
    assert.equal(found.size, 3)
  })

  it('tells of the router itself', async (t) => {
    const { asker } = await start(t, { containerId: 'here', version: '9' })
    const [router] = await asker.query(ROUTER)
    assert.deepEqual(
      [router?.id, router?.mode, router?.version, router?.connectionCount, router?.linkCount, router?.addrCount],
      ['here', 'standalone', '9', 1, 2, 1],
    )
  })

  it('tells the attributes that are asked for, and null for one that there is not', async (t) => {
    const { asker } = await start(t)
    assert.deepEqual(await asker.query(ROUTER, {}, ['identity', 'wings', 'constructor']), [
      { identity: '1', wings: null, constructor: null },
    ])
  })

  it('answers with the correlation-id of the request, or its message-id, as it came', async (t) => {
    const { asker } = await start(t)
    const ask = (properties: Message['properties']) => asker.ask({ operation: 'GET-MGMT-NODES' }, undefined, properties)
    const uuid = new Uuid(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'))
    assert.deepEqual((await ask({ correlationId: uuid, messageId: 'm' })).correlationId, uuid)
    assert.equal((await ask({ correlationId: 7 })).correlationId, 7)
    assert.equal((await ask({ messageId: 'm' })).correlationId, 'm')
    assert.equal((await ask({})).correlationId, undefined)
  })

  it('may come from a sender without a target address', async (t) => {
    const bus = await Bus.start(t)
    const asker = await Asker.start(bus, {}, undefined)
    const { status } = await asker.ask({ operation: 'GET-TYPES' }, undefined, { to: '$management' })
    assert.equal(status, 200)
  })

  it('sees the virtual host of its connection, and nothing of another', async (t) => {
    const { bus, asker } = await start(t)
    const other = await Asker.start(bus, { hostname: 'other.example' })
    await bus.collector({ address: 'mine' }, asker.connection)
    await bus.collector({ address: 'yours' }, other.connection)
    for (const [one, own, foreign, tenant] of [
      [asker, 'mine', 'yours', null],
      [other, 'yours', 'mine', 'other.example'],
    ] as const) {
      const addresses = (await one.query(ADDRESS)).map(({ address }) => address)
      assert.ok(addresses.includes(own) && !addresses.includes(foreign), own)
      assert.deepEqual(
        (await one.query(CONNECTION)).map((connection) => [connection.container, connection.tenant]),
        [[one.connection.containerId, tenant]],
      )
      const links = await one.query(LINK)
      assert.deepEqual([links.length, links.some(({ address }) => address === foreign)], [3, false])
      const [router] = await one.query(ROUTER)
      assert.deepEqual([router?.connectionCount, router?.linkCount, router?.addrCount], [1, 3, 2])
    }
    const [strange] = await other.query(CONNECTION)
    const { status } = await asker.ask({ operation: 'READ', type: CONNECTION, identity: strange?.identity })
    assert.equal(status, 404)
  })

  it('is answered page by page', async (t) => {
    const { bus, asker } = await start(t)
    const session = await (await bus.connect()).openSession()
    const names = Array.from({ length: 1_500 }, (_, n) => `many.${n}`)
    await Promise.all(names.map((address) => session.attachReceiver({ address, onDelivery: () => {} })))
    const found: AmqpValue[] = []
    const sizes: number[] = []
    for (;;) {
      const page = await asker.query(ADDRESS, { offset: found.length, count: 2_000 }, ['address'])
      sizes.push(page.length)
      found.push(...page.map(({ address }) => address))
      if (page.length === 0) break
    }
    assert.deepEqual(sizes, [500, 500, 500, 1, 0])
    assert.deepEqual(new Set(found.filter((address) => String(address).startsWith('many.'))), new Set(names))
    assert.equal((await asker.query(LINK)).length, 500)
    assert.deepEqual(await asker.query(LINK, { offset: 1_502 }, ['linkName']), [])
    assert.equal((await asker.query(LINK, { offset: 1_501 }, ['linkName'])).length, 1)
    const more = async (offset: number) => (await asker.ask({ operation: 'QUERY', type: 'link', offset })).more
    assert.deepEqual([await more(0), await more(1_400)], [true, false])
  })

  it('is answered with no more than 256 KiB or so, however long the names are', async (t) => {
    const { bus, asker } = await start(t)
    const session = await (await bus.connect()).openSession()
    const long = 'x'.repeat(8_000)
    const attached = Array.from({ length: 60 }, (_, n) =>
      session.attachReceiver({ address: `${long}${n}`, onDelivery: () => {} }),
    )
    await Promise.all(attached)
    const page = await asker.query(ADDRESS)
    assert.ok(page.length > 5 && page.length < 12, String(page.length))
  })
})

describe('other operations of $management', () => {
  it('read one thing by its identity, or its name', async (t) => {
    const { asker } = await start(t, { containerId: 'here' })
    const [connection] = await asker.query(CONNECTION)
    const [link] = await asker.query(LINK)
    const read = async (asked: Asked) =>
      (await asker.ask({ operation: 'READ', ...asked })).body as Map<string, AmqpValue>
    assert.equal((await read({ type: CONNECTION, identity: connection?.identity })).get('host'), connection?.host)
    assert.equal((await read({ type: LINK, identity: link?.identity })).get('name'), link?.name)
    assert.equal((await read({ type: ADDRESS, name: asker.replyTo })).get('address'), asker.replyTo)
    assert.equal((await read({ type: ADDRESS, name: `M0${asker.replyTo}` })).get('address'), asker.replyTo)
    assert.equal((await read({ type: ROUTER, name: 'here' })).get('id'), 'here')
    const status = async (asked: Asked) => (await asker.ask({ operation: 'READ', ...asked })).status
    assert.equal(await status({ type: CONNECTION, identity: '99' }), 404)
    assert.equal(await status({ type: LINK, identity: 'x.y.z' }), 404)
    assert.equal(await status({ type: ADDRESS, name: 'nowhere' }), 404)
    assert.equal(await status({ type: CONNECTION }), 400)
  })

  it('tell what can be asked', async (t) => {
    const { asker } = await start(t)
    const told = async (asked: Asked) => (await asker.ask(asked)).body as Map<string, AmqpValue>
    assert.deepEqual([...(await told({ operation: 'GET-TYPES' })).keys()].sort(), [CONNECTION, ROUTER, ADDRESS, LINK])
    const attributes = await told({ operation: 'GET-ATTRIBUTES', entityType: 'router.link' })
    assert.ok((attributes.get(LINK) as string[]).includes('owningAddr'))
    assert.deepEqual((await told({ operation: 'GET-OPERATIONS', entityType: ROUTER })).get(ROUTER), ['READ'])
    assert.deepEqual(await told({ operation: 'GET-MGMT-NODES' }), [])
  })

  it('change nothing, and say so', async (t) => {
    const { asker } = await start(t)
    const status = async (asked: Asked) => (await asker.ask(asked)).status
    for (const operation of ['CREATE', 'UPDATE', 'DELETE'])
      assert.equal(await status({ operation, type: ADDRESS, name: asker.replyTo }), 405)
    assert.equal(await status({ operation: 'REBOOT' }), 501)
    assert.equal(await status({ operation: 'constructor' }), 501)
  })
})

describe('a request to $management that is none', () => {
  it('is answered with what was expected', async (t) => {
    const { asker } = await start(t)
    const tell = async (asked: Asked, body?: AmqpValue) => {
      const { status, description } = await asker.ask(asked, body)
      return `${status} ${description}`
    }
    assert.match(await tell({}), /^400 operation: expected a text/)
    assert.match(await tell({ operation: 5 }), /^400 operation/)
    assert.match(await tell({ operation: 'QUERY' }), /^400 entityType: .*found none/)
    assert.match(await tell({ operation: 'QUERY', type: 'beer\u0007' }), /^404 entityType: .*found "beer\\u0007"/)
    const query = { operation: 'QUERY', type: LINK }
    for (const offset of [-1, 1.5, 'x', true])
      assert.match(await tell({ ...query, offset }), /^400 offset and count/, String(offset))
    assert.match(await tell({ ...query, count: -1 }), /^400 offset and count/)
    assert.match(await tell(query, { attributeNames: 'name' }), /^400 attributeNames/)
    assert.match(await tell(query, { attributeNames: [5] }), /^400 attributeNames/)
    assert.match(await tell(query, { attributeNames: Array(101).fill('name') }), /^400 attributeNames/)
    assert.match(await tell(query, 'what?'), /^200/)
  })

  it('is rejected when there is nowhere to answer to that is its own', async (t) => {
    const { bus, asker } = await start(t)
    const victim = await Asker.start(bus)
    const stored = await bus.receiver({ address: 'public', onDelivery: () => assert.fail('was written to') })
    const attempt = async (replyTo: string | undefined) =>
      conditionOf(await asker.sender.send(asker.request({ operation: 'GET-TYPES' }, undefined, { replyTo })))
    for (const replyTo of [undefined, '', 'public', 'nowhere', '$management', victim.replyTo])
      assert.equal(await attempt(replyTo), 'amqp:precondition-failed', replyTo)
    await asker.sender.send({ ...asker.request({}), properties: {} }, { settled: true })
    await until(() => bus.router.counters.droppedMalformed === 1)
    assert.deepEqual([victim.answers.length, stored.unsettled], [0, 0])
  })

  it('is rejected when it is too large, of another format, or no message', async (t) => {
    const { asker } = await start(t)
    const { sender } = asker
    const large = await sender.send(asker.request({ operation: 'QUERY' }, 'x'.repeat(70_000)))
    assert.equal(conditionOf(large), 'amqp:resource-limit-exceeded')
    const foreign = await new Promise<Outcome | undefined>((onOutcome, onFailed) => {
      const handler = { onSent: () => {}, onOutcome, onFailed }
      sender.submit(asker.request({}), { settled: false, messageFormat: 5 }, handler)
    })
    assert.equal(foreign && conditionOf(foreign), 'amqp:not-implemented')
    assert.equal(conditionOf(await sender.send(Buffer.from('rubbish'))), 'amqp:decode-error')
    assert.equal((await asker.ask({ operation: 'GET-TYPES' })).status, 200)
  })

  it('is no reason to let somebody receive from $management', async (t) => {
    const { bus } = await start(t)
    await assert.rejects(bus.receiver({ address: '$management', onDelivery: () => {} }), {
      condition: 'amqp:not-found',
    })
  })
})

describe('answers that nobody takes', () => {
  it('take the place of further requests', async (t) => {
    const { bus } = await start(t)
    const connection = await bus.connect()
    const session = await connection.openSession()
    const reply = await session.attachReceiver({ source: { dynamic: true }, creditWindow: 0, onDelivery: () => {} })
    const sender = await session.attachSender({ address: '$management' })
    const request: Message = {
      properties: { replyTo: reply.remoteSource?.address },
      applicationProperties: new Map([['operation', 'GET-TYPES']]),
    }
    await until(() => sender.credit > 0)
    const credit = sender.credit
    const sent = Array.from({ length: credit }, () => sender.send(request))
    for (const { type } of await Promise.all(sent)) assert.equal(type, 'accepted')
    assert.equal(sender.credit, 0)
    assert.equal(bus.router.counters.inFlight, credit)
    reply.addCredit(credit)
    await until(() => sender.credit > 0)
    assert.equal(bus.router.counters.inFlight, 0)
  })

  it('go with the one who asked', async (t) => {
    const { bus, asker } = await start(t)
    const connection = await bus.connect()
    const session = await connection.openSession()
    const reply = await session.attachReceiver({ source: { dynamic: true }, creditWindow: 0, onDelivery: () => {} })
    const sender = await session.attachSender({ address: '$management' })
    const properties = { replyTo: reply.remoteSource?.address }
    await sender.send(asker.request({ operation: 'GET-TYPES' }, undefined, properties))
    connection.abort(new Error('lost'))
    await until(() => bus.router.counters.connections === 1)
    assert.equal(bus.router.counters.inFlight, 0)
    assert.equal((await asker.query(CONNECTION)).length, 1)
  })
})

describe('rhea', () => {
  it('asks $management', async (t) => {
    const bus = await Bus.start(t)
    await bus.collector({ address: 'jobs' })
    const connection = connectRhea(t, bus)
    const receiver = connection.open_receiver({ source: { dynamic: true } as Source })
    await next(receiver, 'receiver_open')
    const sender = connection.open_sender('$management')
    await next(sender, 'sendable')
    const answered = next(receiver, 'message')
    sender.send({
      reply_to: receiver.source.address,
      correlation_id: 'q1',
      application_properties: { operation: 'QUERY', entityType: ADDRESS },
      body: { attributeNames: ['key', 'subscriberCount'] },
    })
    const { message: answer } = await answered
    assert.equal(answer?.application_properties?.statusCode, 200)
    assert.equal(answer?.correlation_id, 'q1')
    const { attributeNames, results } = (answer as RheaMessage).body as {
      attributeNames: string[]
      results: unknown[][]
    }
    assert.deepEqual(attributeNames, ['key', 'subscriberCount'])
    assert.ok(results.some(([key, subscribers]) => key === 'M0jobs' && subscribers === 1))
  })
})

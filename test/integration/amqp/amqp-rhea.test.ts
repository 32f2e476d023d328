// rhea, the other AMQP 1.0 library for Node, as client of our listener and as server of our client.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { Container, EventContext, Connection as RheaConnection } from 'rhea'
import rhea from 'rhea'
import { connect } from '../../../src/amqp/connect.ts'
import type { ListenOptions } from '../../../src/amqp/options.ts'
import type { Session } from '../../../src/amqp/session.ts'
import type { Outcome } from '../../../src/codec/delivery-state.ts'
import { startListener, until } from '../../support/amqp-fixtures.ts'

const BIG = 'x'.repeat(300_000)

async function rheaClient(t: TestContext, listen: ListenOptions, options: object = {}): Promise<RheaConnection> {
  const listener = await startListener(t, listen)
  const connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: listener.port, reconnect: false, ...options })
  connection.on('error', () => {})
  connection.on('disconnected', () => {})
  t.after(() => connection.close())
  return connection
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

describe('rhea as client of our listener', () => {
  it('sends, in one frame and in many, and hears every outcome', async (t) => {
    const lengths: number[] = []
    const connection = await rheaClient(t, {
      onLink: (request) =>
        request.acceptReceiver({
          onDelivery: (delivery) => {
            const { body } = delivery.message
            const value = body?.type === 'value' ? textOf(body.value) : ''
            lengths.push(value.length)
            if (value === 'release') delivery.release()
            else if (value === 'reject') delivery.reject({ condition: 'my:reason', description: 'no' })
            else if (value === 'modify') delivery.modify({ undeliverableHere: true, deliveryFailed: true })
            else delivery.accept()
          },
        }),
    })
    const heard: string[] = []
    // rhea emits `released` for a modified delivery too.
    for (const event of ['accepted', 'released', 'rejected', 'modified'])
      connection.on(event, (context: EventContext) => {
        const { error } = (context.delivery?.remote_state ?? {}) as { error?: { condition: string } }
        heard.push(error ? `${event} ${error.condition}` : event)
      })
    const sender = connection.open_sender('queue')
    await once(sender, 'sendable')
    for (const body of ['accept', 'release', 'reject', 'modify', BIG]) sender.send({ body })
    await until(() => heard.filter((event) => event === 'accepted').length === 2)
    assert.deepEqual([...new Set(heard)].sort(), ['accepted', 'modified', 'rejected my:reason', 'released'])
    assert.equal(lengths.at(-1), BIG.length)
  })

  it('receives, in one frame and in many, from a dynamic node, and drains', async (t) => {
    const outcomes: (string | undefined)[] = []
    const connection = await rheaClient(t, {
      onLink: (request) => {
        const sender = request.acceptSender({ source: { address: request.source?.dynamic ? 'made-for-you' : 'queue' } })
        for (const value of ['one', BIG])
          sender.submit(
            { properties: { messageId: 7n }, body: { type: 'value', value } },
            { settled: false },
            { onOutcome: (outcome) => outcomes.push(outcome?.type), onFailed: () => outcomes.push('failed') },
          )
      },
    })
    const receiver = connection.open_receiver({
      source: { address: '', dynamic: true },
      credit_window: 0,
      autoaccept: true,
    })
    const bodies: string[] = []
    receiver.on('message', (context: EventContext) => bodies.push(textOf(context.message?.body)))
    await once(receiver, 'receiver_open')
    assert.equal(receiver.source.address, 'made-for-you')
    receiver.add_credit(5)
    receiver.drain_credit()
    await once(receiver, 'receiver_drained')
    await until(() => bodies.length === 2 && outcomes.length === 2)
    assert.deepEqual([bodies[0], bodies[1]?.length, outcomes], ['one', BIG.length, ['accepted', 'accepted']])
  })

  it('is refused a link, and comes in with PLAIN or ANONYMOUS or not at all', async (t) => {
    const authenticate = (_: string, name: string, password: string): boolean =>
      name === 'alice' && password === 'secret'
    const users: (string | undefined)[] = []
    const listen: ListenOptions = {
      sasl: { authenticate },
      onConnection: ({ username }) => users.push(username),
      onLink: (request) => request.refuse({ condition: 'amqp:not-found', description: 'no such queue' }),
    }
    const connection = await rheaClient(t, listen, { username: 'alice', password: 'secret' })
    const sender = connection.open_sender('nowhere')
    await once(sender, 'sender_error')
    assert.equal((sender.error as { condition?: string }).condition, 'amqp:not-found')
    const refused = await rheaClient(t, listen, { username: 'bob', password: 'x' })
    await new Promise((resolve) => refused.once('disconnected', resolve))
    const anonymous = await rheaClient(t, { ...listen, sasl: {} }, { username: 'anonymous' })
    await once(anonymous, 'connection_open')
    assert.deepEqual(users, ['alice', undefined])
  })
})

/** A rhea server, and a session of ours on it. */
async function rheaServer(
  t: TestContext,
  prepare: (container: Container) => void,
  sasl?: { username: string; password: string },
): Promise<Session> {
  const container = rhea.create_container()
  container.on('connection_error', () => {})
  container.on('error', () => {})
  container.on('disconnected', () => {})
  prepare(container)
  const server = container.listen({ port: 0, host: '127.0.0.1' }) as unknown as Server
  await once(server, 'listening')
  t.after(() => void server.close())
  const { port } = server.address() as AddressInfo
  const connection = await connect({ host: '127.0.0.1', port, sasl })
  t.after(() => connection.close())
  return await connection.openSession()
}

describe('rhea as server of our client', () => {
  it('takes messages, in one frame and in many, and its outcomes are ours', async (t) => {
    const bodies: string[] = []
    const session = await rheaServer(t, (container) => {
      container.on('receiver_open', ({ receiver }: EventContext) =>
        receiver?.set_target({ address: receiver.target.address }),
      )
      container.on('message', ({ message, delivery }: EventContext) => {
        const body = textOf(message?.body)
        bodies.push(body)
        if (body === 'release') delivery?.release()
        else if (body === 'reject') delivery?.reject({ condition: 'my:reason', description: 'no' })
        else if (body === 'modify') delivery?.modified({ delivery_failed: true, undeliverable_here: true })
        else delivery?.accept()
      })
      container.options.autoaccept = false
    })
    const sender = await session.attachSender({ address: 'queue' })
    const outcomes: Outcome[] = []
    for (const value of ['accept', 'release', 'reject', 'modify', BIG])
      outcomes.push(await sender.send({ body: { type: 'value', value } }))
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['accepted', 'released', 'rejected', 'modified', 'accepted'],
    )
    assert.equal(bodies.at(-1)?.length, BIG.length)
    await sender.detach()
    await session.end()
    assert.equal(await session.closed, undefined)
  })

  it('gives us messages, in one frame and in many, and drains', async (t) => {
    let sent = false
    const session = await rheaServer(t, (container) => {
      container.on('sender_open', ({ sender }: EventContext) => sender?.set_source({ address: 'made-for-you' }))
      container.on('sendable', ({ sender }: EventContext) => {
        if (!sender || sent) return
        sent = true
        for (const body of ['one', BIG]) sender.send({ body, message_id: 'id' })
      })
      container.on('sender_draining', ({ sender }: EventContext) => sender?.set_drained(true))
    })
    const seen: number[] = []
    const receiver = await session.attachReceiver({
      source: { dynamic: true },
      creditWindow: 0,
      onDelivery: (delivery) => {
        const { body } = delivery.message
        seen.push(body?.type === 'value' ? textOf(body.value).length : -1)
        delivery.accept()
      },
    })
    assert.equal(receiver.remoteSource?.address, 'made-for-you')
    receiver.addCredit(5)
    await until(() => seen.length === 2)
    await receiver.drain()
    assert.deepEqual([seen, receiver.credit], [[3, BIG.length], 0])
  })

  it('refuses us a link with its reason', async (t) => {
    const session = await rheaServer(t, (container) => {
      container.on('sender_open', ({ sender }: EventContext) =>
        sender?.close({ condition: 'amqp:not-found', description: 'no such queue' }),
      )
    })
    await assert.rejects(session.attachReceiver({ address: 'nowhere' }), {
      name: 'LinkError',
      origin: 'remote',
      condition: 'amqp:not-found',
    })
  })

  it('lets us in with PLAIN', async (t) => {
    const credentials = { username: 'alice', password: 'secret' }
    const admit = (container: Container): void => {
      container.sasl_server_mechanisms.enable_plain(
        (name: string, password: string) => name + password === 'alicesecret',
      )
    }
    assert.equal((await rheaServer(t, admit, credentials)).connection.username, 'alice')
    await assert.rejects(rheaServer(t, admit, { username: 'bob', password: 'x' }), { code: 'AMQP_SASL' })
  })
})

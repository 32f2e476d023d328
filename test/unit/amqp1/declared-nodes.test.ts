// Nodes that have to be declared, over the router with RabbitMQ 4's manners and over peers that do not answer as they should.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type Connection,
  connect,
  EncodedMessage,
  LinkError,
  type ListenOptions,
  listen,
  type Sender,
} from '../../../src/amqp/index.ts'
import { ConnectionSessions } from '../../../src/amqp1/connection-sessions.ts'
import { DeclaredNodes } from '../../../src/amqp1/declared-nodes.ts'
import type { NodeForm } from '../../../src/amqp1/profile.ts'
import { RABBITMQ4_MANAGEMENT } from '../../../src/amqp1/rabbitmq4-profile.ts'

/** One request for each address. */
const FORM: NodeForm = {
  management: RABBITMQ4_MANAGEMENT,
  target: (address) => ({ address: `${address}.in`, declarations: [{ method: 'PUT', path: address, body: {} }] }),
  source: (address, use, id) => ({ ...FORM.target(address, use), address: `${address}.${id}` }),
}

/** A peer with a node `/management` that gives each request the next of these answers; undefined: none, and the connection goes. `broken`: these bytes. */
async function peer(t: TestContext, answers: readonly (string | undefined)[], broken?: Buffer) {
  const asked: string[] = []
  let back: Sender | undefined
  let connection: Connection | undefined
  const onLink: ListenOptions['onLink'] = (request) => {
    if (request.role === 'receiver') {
      back = request.acceptSender()
      return
    }
    request.acceptReceiver({
      onDelivery(delivery) {
        const { messageId, to, subject } = delivery.message.properties ?? {}
        const answer = answers[asked.length]
        asked.push(`${subject} ${to}`)
        if (answer === undefined) return void connection?.abort(new Error('gone'))
        if (broken) return void back?.send(new EncodedMessage(broken), { settled: true })
        const properties = { correlationId: messageId, subject: answer }
        void back?.send({ properties, body: { type: 'value', value: 'because\n' } }, { settled: true })
      },
    })
  }
  const listener = await listen({ onLink })
  t.after(() => listener.close())
  connection = await connect({ port: listener.port })
  t.after(() => connection.close())
  return { nodes: new DeclaredNodes(FORM, new ConnectionSessions(connection, false)), asked }
}

/** The link that wants the node, which is there. */
const attached = async (address: string): Promise<string> => address

test('a node that was made, or is there, can be attached to', async (t) => {
  const { nodes, asked } = await peer(t, ['201', '200', '204', '409'])
  assert.equal(await nodes.source('/queues/a', 'request', 'id', attached), '/queues/a.id')
  for (const address of ['/queues/b', '/queues/c', '/queues/d'])
    assert.equal(await nodes.target(address, 'notification', attached), `${address}.in`)
  assert.deepEqual(asked, ['PUT /queues/a', 'PUT /queues/b', 'PUT /queues/c', 'PUT /queues/d'])
})

test('a refusal says which node, and why, nothing is attached, and the next request goes on', async (t) => {
  const { nodes } = await peer(t, ['400', '201'])
  const never = () => assert.fail('it was attached')
  await assert.rejects(nodes.target('/queues/amq.x', 'request', never), (error) => {
    assert.ok(error instanceof LinkError)
    assert.equal(error.origin, 'remote')
    assert.match(error.message, /^PUT \/queues\/amq\.x: refused by the peer, status 400: because\\u000a$/)
    return true
  })
  assert.equal(await nodes.target('/queues/x', 'request', attached), '/queues/x.in')
})

test('a node that we may not make is attached to all the same; where it is not there, that is why', async (t) => {
  const { nodes } = await peer(t, ['403', '401', '403'])
  assert.equal(await nodes.target('/queues/a', 'request', attached), '/queues/a.in')
  const missing = () => Promise.reject(new LinkError('not found', { origin: 'remote', condition: 'amqp:not-found' }))
  await assert.rejects(nodes.target('/queues/b', 'request', missing), /^LinkError: PUT \/queues\/b: .*status 401/)
  const lost = () => Promise.reject(new LinkError('the connection went', { origin: 'local' }))
  await assert.rejects(nodes.source('/queues/c', 'request', 'id', lost), /the connection went/)
})

test('what comes after a declaration that we may not make is declared all the same', async (t) => {
  const { nodes, asked } = await peer(t, ['403', '204'])
  const declarations = ['/queues/a', '/bindings'].map((path) => ({ method: 'PUT', path, body: {} }))
  assert.equal(await nodes.behind(declarations, () => attached('/queues/a')), '/queues/a')
  assert.deepEqual(asked, ['PUT /queues/a', 'PUT /bindings'])
})

test('whoever bars the management node from us may have declared all that we need', async (t) => {
  const listener = await listen({ onLink: (request) => request.refuse({ condition: 'amqp:unauthorized-access' }) })
  t.after(() => listener.close())
  const connection = await connect({ port: listener.port })
  t.after(() => connection.close())
  const nodes = new DeclaredNodes(FORM, new ConnectionSessions(connection, false))
  assert.equal(await nodes.target('/queues/a', 'request', attached), '/queues/a.in')
  const missing = () => Promise.reject(new LinkError('not found', { origin: 'remote', condition: 'amqp:not-found' }))
  await assert.rejects(nodes.target('/queues/b', 'request', missing), /unauthorized-access/)
})

test('an answer that cannot be read fails whoever waits for one, at once', async (t) => {
  const { nodes } = await peer(t, ['200'], Buffer.from([0x00, 0x53, 0x73, 0xff]))
  await assert.rejects(nodes.target('/queues/a', 'request', attached), /answer of \/management cannot be read/)
})

test('requests at one time share the links and each gets its own answer', async (t) => {
  const { nodes, asked } = await peer(t, ['201', '400', '201'])
  const ends = await Promise.allSettled(['a', 'b', 'c'].map((name) => nodes.target(name, 'request', attached)))
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(asked.length, 3)
})

test('who waits for an answer is told when the connection goes', async (t) => {
  const { nodes } = await peer(t, [undefined])
  await assert.rejects(nodes.target('/queues/a', 'request', attached))
})

/** A link for each address. */
const BY_LINKS: NodeForm = {
  target: (address) => ({ address, declarations: [{ address, capabilities: ['queue'] }] }),
  source: (address, use) => BY_LINKS.target(address, use),
}

test('a node that a link makes is there when the link has come and gone, or was refused: whoever needs it will see', async (t) => {
  const asked: unknown[] = []
  const gone: string[] = []
  const onLink: ListenOptions['onLink'] = (request) => {
    if (request.role !== 'sender' || !request.target || !('address' in request.target)) return
    const { address = '', capabilities } = request.target
    asked.push([address, capabilities])
    if (address === 'lost') return request.session.connection.abort(new Error('gone'))
    if (address === 'refused') return request.refuse({ condition: 'amqp:unauthorized-access' })
    request.acceptReceiver({ onDelivery() {}, onClosed: () => gone.push(address) })
  }
  const listener = await listen({ onLink })
  t.after(() => listener.close())
  const connection = await connect({ port: listener.port })
  t.after(() => connection.close())
  const nodes = new DeclaredNodes(BY_LINKS, new ConnectionSessions(connection, false))
  await nodes.target('made', 'request', attached)
  assert.deepEqual(gone, ['made'])
  assert.equal(await nodes.source('refused', 'request', 'id', attached), 'refused')
  await assert.rejects(nodes.target('lost', 'request', attached))
  assert.deepEqual(asked, [
    ['made', ['queue']],
    ['refused', ['queue']],
    ['lost', ['queue']],
  ])
})

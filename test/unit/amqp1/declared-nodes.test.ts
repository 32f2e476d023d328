// Nodes that have to be declared, over the router with RabbitMQ 4's manners and over peers that do not answer as they should.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type Connection,
  connect,
  LinkError,
  type ListenOptions,
  listen,
  type Sender,
} from '../../../src/amqp/index.ts'
import { ConnectionSessions } from '../../../src/amqp1/connection-sessions.ts'
import { DeclaredNodes } from '../../../src/amqp1/declared-nodes.ts'
import type { NodeForm } from '../../../src/amqp1/profile.ts'

/** One request for each address. */
const FORM: NodeForm = {
  target: (address) => [{ method: 'PUT', path: address, body: {} }],
  source: (address, _use, id) => ({ address: `${address}.${id}`, declarations: FORM.target(address, 'request') }),
}

/** A peer with a node `/management` that gives each request the next of these answers; undefined: none, and the connection goes. */
async function peer(t: TestContext, answers: readonly (string | undefined)[]) {
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

test('a node that was made, or is there, can be attached to', async (t) => {
  const { nodes, asked } = await peer(t, ['201', '200', '204', '409'])
  assert.equal(await nodes.source('/queues/a', 'request', 'id'), '/queues/a.id')
  for (const address of ['/queues/b', '/queues/c', '/queues/d']) await nodes.target(address, 'notification')
  assert.deepEqual(asked, ['PUT /queues/a', 'PUT /queues/b', 'PUT /queues/c', 'PUT /queues/d'])
})

test('a refusal says which node, and why, and the next request goes on', async (t) => {
  const { nodes } = await peer(t, ['403', '201'])
  await assert.rejects(nodes.target('/queues/amq.x', 'request'), (error) => {
    assert.ok(error instanceof LinkError)
    assert.equal(error.origin, 'remote')
    assert.match(error.message, /^PUT \/queues\/amq\.x: refused by the peer, status 403: because\\u000a$/)
    return true
  })
  await nodes.target('/queues/x', 'request')
})

test('requests at one time share the links and each gets its own answer', async (t) => {
  const { nodes, asked } = await peer(t, ['201', '403', '201'])
  const ends = await Promise.allSettled(['a', 'b', 'c'].map((name) => nodes.target(name, 'request')))
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(asked.length, 3)
})

test('who waits for an answer is told when the connection goes', async (t) => {
  const { nodes } = await peer(t, [undefined])
  await assert.rejects(nodes.target('/queues/a', 'request'))
})

/** A link for each address. */
const BY_LINKS: NodeForm = {
  target: (address) => [{ address, capabilities: ['queue'] }],
  source: (address) => ({ address, declarations: BY_LINKS.target(address, 'request') }),
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
  await nodes.target('made', 'request')
  assert.deepEqual(gone, ['made'])
  assert.equal(await nodes.source('refused', 'request', 'id'), 'refused')
  await assert.rejects(nodes.target('lost', 'request'))
  assert.deepEqual(asked, [
    ['made', ['queue']],
    ['refused', ['queue']],
    ['lost', ['queue']],
  ])
})

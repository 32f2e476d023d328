// Each limit is an option: what goes beyond it ends what did it, and nothing else.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import type { ListenOptions } from '../../../src/amqp/options.ts'
import {
  addSender,
  assertServes,
  attachedSender,
  bodyOf,
  clientOf,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { dial, type ScriptedPeer } from '../../support/scripted-peer.ts'

const attach = (name: string, handle: number) =>
  ({ type: 'attach', name, handle, role: true, source: { address: 'q' }, target: {} }) as const
const UP = {
  type: 'attach',
  name: 'up',
  handle: 0,
  role: false,
  source: {},
  target: {},
  initialDeliveryCount: 0,
} as const
const TRANSFER = { type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1), settled: true } as const

const taking = (t: TestContext, options: ListenOptions) =>
  startListener(t, { onLink: (request) => void (request.role === 'receiver' && request.acceptSender({})), ...options })

describe('maxLinks', () => {
  it('refuses a link beyond it, over all sessions, and takes the next one when another is gone', async (t) => {
    const listener = await taking(t, { maxLinks: 2 })
    const peer = await clientOf(t, listener)
    peer.send({ type: 'begin', nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 }, undefined, 1)
    await peer.expect('begin')
    peer.send(attach('a', 0))
    peer.send(attach('b', 0), undefined, 1)
    await peer.expect('attach')
    await peer.expect('attach')
    peer.send(attach('c', 1))
    assert.equal((await peer.expect('attach')).source, undefined)
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:resource-limit-exceeded')
    peer.send({ type: 'detach', handle: 1, closed: true })
    peer.send({ type: 'detach', handle: 0, closed: true })
    await peer.expect('detach')
    peer.send(attach('d', 0))
    assert.equal((await peer.expect('attach')).source?.address, 'q')
  })

  it('ends the connection of a peer that goes on attaching without detaching what was refused', async (t) => {
    const listener = await taking(t, { maxLinks: 2 })
    const peer = await clientOf(t, listener)
    for (let n = 0; n < 6; n++) peer.send(attach(`link ${n}`, n))
    const close = await peer.expectLater('close')
    assert.equal(close.error?.condition, 'amqp:resource-limit-exceeded')
    assert.match(close.error?.description ?? '', /attach: more than 2 links/)
    await assertServes(t, listener)
  })

  it('forgets the links of a session that ends', async (t) => {
    const listener = await taking(t, { maxLinks: 1 })
    const peer = await clientOf(t, listener)
    for (let round = 0; round < 5; round++) {
      peer.send(attach('a', 0))
      assert.equal((await peer.expect('attach')).source?.address, 'q')
      peer.send({ type: 'end' })
      await peer.expectLater('end')
      await peer.beginAsClient()
    }
  })
})

describe('limits of what is decoded', () => {
  /** The peer's Open has a property that goes beyond a limit. */
  const opening = async (t: TestContext, options: ListenOptions, property: unknown): Promise<ScriptedPeer> => {
    const peer = await dial(t, (await startListener(t, options)).port)
    peer.sendHeader()
    peer.send({ type: 'open', containerId: 'c', properties: new Map([['p', property]]) })
    await peer.expectHeader()
    return peer
  }

  const cases: readonly [string, ListenOptions, unknown, unknown, RegExp][] = [
    ['maxDepth', { maxDepth: 3 }, [[1]], [[[1]]], /nested deeper than 3 levels/],
    [
      'maxStringLength',
      { maxStringLength: 10 },
      'ten letter',
      'eleven char',
      /a text of 11 bytes, expected at most 10/,
    ],
  ]
  for (const [name, options, within, beyond, description] of cases) {
    it(`${name} ends a connection, and lets through what keeps to it`, async (t) => {
      assert.equal((await (await opening(t, options, within)).expect('open')).type, 'open')
      const close = await (await opening(t, options, beyond)).expectLater('close')
      assert.equal(close.error?.condition, 'amqp:decode-error')
      assert.match(close.error?.description ?? '', description)
    })
  }

  it('hold for the sections of a message as well', async (t) => {
    let failure: unknown
    const listener = await startListener(t, {
      maxStringLength: 100,
      onLink: (request) =>
        void request.acceptReceiver({
          onDelivery: (delivery) => {
            try {
              assert.ok(delivery.message.body)
            } catch (error) {
              failure = error
            }
          },
        }),
    })
    const peer = await clientOf(t, listener)
    peer.send(UP)
    await peer.expect('attach')
    await peer.expect('flow')
    peer.send(TRANSFER, bodyOf('x'.repeat(101)))
    await until(() => failure !== undefined)
    assert.match(String(failure), /a text of 101 bytes, expected at most 100/)
  })
})

describe('maxIncomplete', () => {
  it('ends the connection of a peer that begins more than it allows', async (t) => {
    const listener = await startListener(t, {
      maxIncomplete: 10_000,
      onLink: (request) => void request.acceptReceiver({}),
    })
    const peer = await clientOf(t, listener)
    peer.send(UP)
    await peer.expect('attach')
    peer.send({ ...TRANSFER, more: true }, Buffer.alloc(9_000))
    const close = await peer.expectLater('close')
    assert.equal(close.error?.condition, 'amqp:resource-limit-exceeded')
    assert.match(close.error?.description ?? '', /incomplete messages of more than 10000 bytes/)
  })
})

describe('maxDescriptions', () => {
  /** One byte each on the wire. */
  const properties = new Map([['much', Array.from({ length: 1_000 }, () => [])]])
  const begin = { type: 'begin', nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 } as const

  it('ends the connection of a peer that says more about its links, also about those that are refused', async (t) => {
    const listener = await startListener(t, { maxDescriptions: 500_000 })
    const peer = await clientOf(t, listener)
    for (let handle = 0; handle < 4; handle++) peer.send({ ...attach(`n${handle}`, handle), properties })
    const close = await peer.expectLater('close')
    assert.equal(close.error?.condition, 'amqp:resource-limit-exceeded')
    assert.match(close.error?.description ?? '', /descriptions of sessions and links of more than 500000 bytes in all/)
  })

  it('ends the connection of a peer that says more about its sessions', async (t) => {
    const listener = await startListener(t, { maxDescriptions: 500_000 })
    const peer = await clientOf(t, listener)
    for (let channel = 1; channel < 5; channel++) peer.send({ ...begin, properties }, undefined, channel)
    const close = await peer.expectLater('close')
    assert.match(close.error?.description ?? '', /descriptions of sessions and links/)
  })

  it('is given back by links that are detached and sessions that are ended', async (t) => {
    const listener = await taking(t, { maxDescriptions: 500_000 })
    const peer = await clientOf(t, listener)
    for (let round = 0; round < 10; round++) {
      peer.send({ ...attach('one', 0), properties })
      await peer.expect('attach')
      peer.send({ type: 'detach', handle: 0, closed: true })
      await peer.expect('detach')
      peer.send({ ...begin, properties }, undefined, 1)
      await peer.expect('begin')
      peer.send({ ...attach('two', 0), properties }, undefined, 1)
      await peer.expect('attach')
      peer.send({ type: 'end' }, undefined, 1)
      await peer.expect('end')
    }
  })
})

describe('maxItems', () => {
  const numbers = Array.from({ length: 100 }, (_, n) => n)
  const properties = new Map([['numbers', new Map(numbers.map((n) => [n, null]))]])

  it('ends the connection of a peer whose performative has more, however they are nested', async (t) => {
    const listener = await taking(t, { maxItems: 201 })
    const peer = await clientOf(t, listener)
    peer.send({ ...attach('one', 0), properties })
    const close = await peer.expectLater('close')
    assert.equal(close.error?.condition, 'amqp:decode-error')
    assert.match(close.error?.description ?? '', /more than 201 items/)
  })

  it('holds for each performative alone', async (t) => {
    const listener = await taking(t, { maxItems: 202 })
    const peer = await clientOf(t, listener)
    for (let handle = 0; handle < 3; handle++) {
      peer.send({ ...attach(`n${handle}`, handle), properties })
      await peer.expect('attach')
    }
  })

  it('does not hold for messages', async (t) => {
    const bodies: unknown[] = []
    const listener = await startListener(t, {
      maxItems: 10,
      onLink: (request) =>
        void request.acceptReceiver({ onDelivery: (delivery) => void bodies.push(delivery.message.body) }),
    })
    const connection = await connect({ host: '127.0.0.1', port: listener.port })
    t.after(() => connection.close())
    const sender = await (await connection.openSession()).attachSender({ address: 'q' })
    await sender.send({ body: { type: 'value', value: numbers } }, { settled: true })
    await until(() => bodies.length === 1)
    assert.deepEqual(bodies, [{ type: 'value', value: numbers }])
  })
})

describe('incomingWindow', () => {
  it('is in our Begin, given again when half is used, and not to be exceeded', async (t) => {
    const listener = await startListener(t, {
      incomingWindow: 4,
      onLink: (request) => void request.acceptReceiver({ creditWindow: 0 }),
    })
    const peer = await dial(t, listener.port)
    await peer.openAsClient()
    assert.equal((await peer.beginAsClient()).incomingWindow, 4)
    peer.send(UP)
    await peer.expect('attach')
    const [connection] = listener.connections
    assert.ok(connection)
    const frames = Array.from({ length: 4 }, () => ({ ...TRANSFER, more: true }))
    peer.sendAll(...frames.slice(0, 3))
    const detach = await peer.expectLater('detach') // without credit: but the frames have counted
    assert.equal(detach.error?.condition, 'amqp:link:transfer-limit-exceeded')
  })
})

describe('maxUnsettled', () => {
  it('keeps back what the credit would allow until something is settled', async (t) => {
    const { peer, sender } = await attachedSender(t, 10, { maxUnsettled: 2 })
    const handler = new Reported()
    for (let n = 0; n < 3; n++) sender.submit(bodyOf(`${n}`), { settled: false }, handler)
    await peer.expect('transfer')
    await peer.expect('transfer')
    assert.deepEqual([sender.queued, sender.unsettled, sender.credit], [1, 2, 8])
    peer.send({ type: 'disposition', role: true, first: 0, settled: true, state: { type: 'accepted' } })
    assert.equal((await peer.expect('transfer')).deliveryId, 2)
    assert.equal(sender.queued, 0)
  })

  it('does not keep back what is sent settled', async (t) => {
    const { peer, sender } = await attachedSender(t, 10, { maxUnsettled: 1 })
    for (let n = 0; n < 3; n++) sender.submit(bodyOf(`${n}`), { settled: true }, new Reported())
    for (let n = 0; n < 3; n++) assert.equal((await peer.expect('transfer')).settled, true)
  })
})

describe('sendBuffer and maxSendBuffer', () => {
  it('bound what is to be told to a peer that does not read', async (t) => {
    const reason = { condition: 'x:y', description: 'x'.repeat(10_000) }
    let rejected = 0
    const listener = await startListener(t, {
      sendBuffer: 10_000,
      maxSendBuffer: 1_000_000,
      onLink: (request) =>
        void request.acceptReceiver({
          creditWindow: 4_000,
          onDelivery: (delivery) => {
            rejected += 1
            delivery.reject(reason)
          },
        }),
    })
    const peer = await clientOf(t, listener)
    const [connection] = listener.connections
    peer.send(UP)
    await peer.expect('attach')
    peer.socket.pause()
    for (let id = 0; id < 4_000; id++)
      peer.send({ ...TRANSFER, settled: false, deliveryId: id, deliveryTag: Buffer.from(`${id}`) }, bodyOf('x'))
    assert.match(String(await connection?.closed), /the peer does not read/)
    assert.ok(rejected > 100, `${rejected} outcomes were kept`)
  })

  it('bound what is encoded ahead for a peer that does not read', async (t) => {
    const opened = await openSession(t, { incomingWindow: 1_000_000 }, { sendBuffer: 10_000 })
    const sender = await addSender(opened, 100)
    opened.peer.socket.pause()
    const payload = Buffer.alloc(4 * 1024 * 1024)
    for (let n = 0; n < 20; n++) void sender.send(payload).catch(() => {})
    // The socket's own buffers take what they take; the rest waits as it was handed over, message by message.
    let before = -1
    await until(() => {
      const same = sender.queued === before
      before = sender.queued
      return same && sender.queued > 0
    })
    assert.ok(sender.queued > 5, `${sender.queued} wait`)
    opened.connection.abort(new Error('enough'))
  })
})

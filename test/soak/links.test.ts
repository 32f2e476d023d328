// Ten thousand of everything that begins and ends on a connection: links, sessions, refusals, sends that come to nothing.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/amqp/connect.ts'
import type { Connection } from '../../src/amqp/connection.ts'
import { type Listener, listen } from '../../src/amqp/listener.ts'
import type { Session } from '../../src/amqp/session.ts'
import { bodyOf } from '../support/amqp-fixtures.ts'
import { assertFlat, inFlight } from '../support/flat-memory.ts'

const WARM_UP = 2_000
const COUNT = 10_000

const BODY = bodyOf('x')

describe('a long life of a connection', () => {
  let listener: Listener
  let connection: Connection
  let session: Session

  before(async () => {
    listener = await listen({
      onLink: (request) => {
        const address = request.source?.address
        if (address === 'nowhere') request.refuse({ condition: 'amqp:not-found', description: 'there is no such node' })
        else if (address === 'no credit') request.acceptReceiver({ creditWindow: 0 })
        else if (address === 'silence') return
        else if (request.role === 'receiver') request.acceptSender({}).submit(BODY, { settled: true }, IGNORED)
        else request.acceptReceiver({ onDelivery: (delivery) => delivery.accept() })
      },
    })
    connection = await connect({ host: listener.host, port: listener.port })
    session = await connection.openSession()
  })

  after(async () => {
    assert.equal([...connection.sessions].length, 1)
    await connection.close()
    assert.equal(await connection.closed, undefined)
    await listener.close()
  })

  const link = async (n: number): Promise<void> => {
    if (n % 2 === 0) {
      const sender = await session.attachSender({ address: 'q' })
      assert.equal((await sender.send(BODY)).type, 'accepted')
      return await sender.detach()
    }
    const receiver = await session.attachReceiver({ address: 'q' })
    for await (const delivery of receiver) {
      assert.equal(delivery.settled, true)
      break
    }
    await receiver.detach()
  }

  it('attaches, uses and detaches ten thousand links, one after the other', async (t) => {
    await assertFlat(
      t,
      `${COUNT} links`,
      () => inFlight(WARM_UP, 1, link),
      () => inFlight(COUNT, 1, link),
    )
  })

  it('attaches, uses and detaches ten thousand links, a hundred at a time', async (t) => {
    await assertFlat(
      t,
      `${COUNT} links`,
      () => inFlight(WARM_UP, 100, link),
      () => inFlight(COUNT, 100, link),
    )
  })

  it('is refused ten thousand links', async (t) => {
    const refused = (n: number): Promise<void> => {
      const attaching = n % 2 === 0 ? session.attachSender(NOWHERE) : session.attachReceiver(NOWHERE)
      return assert.rejects(attaching, { condition: 'amqp:not-found' })
    }
    await assertFlat(
      t,
      `${COUNT} refusals`,
      () => inFlight(WARM_UP, 50, refused),
      () => inFlight(COUNT, 50, refused),
    )
  })

  it('gives up ten thousand links that are not answered', async (t) => {
    const givenUp = (): Promise<void> =>
      assert.rejects(
        session.attachSender({ source: { address: 'silence' }, timeoutMs: 1 }),
        /did not answer the attach/,
      )
    await assertFlat(
      t,
      `${COUNT} links`,
      () => inFlight(WARM_UP, 500, givenUp),
      () => inFlight(COUNT, 500, givenUp),
    )
  })

  it('begins and ends ten thousand sessions, with a link that goes with each', async (t) => {
    const begin = async (): Promise<void> => {
      const one = await connection.openSession()
      const sender = await one.attachSender({ address: 'q' })
      await one.end()
      assert.equal((await sender.closed)?.origin, 'parent')
    }
    await assertFlat(
      t,
      `${COUNT} sessions`,
      () => inFlight(WARM_UP, 20, begin),
      () => inFlight(COUNT, 20, begin),
    )
  })

  it('gives up ten thousand sends for which there is no credit', async (t) => {
    const sender = await session.attachSender({ source: { address: 'no credit' }, target: { address: 'q' } })
    const send = (n: number): Promise<void> => {
      if (n % 2 === 0) return assert.rejects(sender.send(BODY, { timeoutMs: 1 }), /never granted credit within 1 ms/)
      const controller = new AbortController()
      setImmediate(() => controller.abort(ENOUGH))
      return assert.rejects(sender.send(BODY, { signal: controller.signal }), ENOUGH)
    }
    await assertFlat(
      t,
      `${COUNT} sends`,
      () => inFlight(WARM_UP, 500, send),
      () => inFlight(COUNT, 500, send),
    )
    assert.deepEqual([sender.queued, sender.unsettled], [0, 0])
    await sender.detach()
  })
})

const NOWHERE = { source: { address: 'nowhere' }, target: {} }
const ENOUGH = new Error('enough')
const IGNORED = { onOutcome: () => {}, onFailed: () => {} }

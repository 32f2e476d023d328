// A million messages over one connection: none lost, none twice, and nothing left of them.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/amqp/connect.ts'
import type { Connection } from '../../src/amqp/connection.ts'
import type { Delivery } from '../../src/amqp/delivery.ts'
import type { LinkRequest } from '../../src/amqp/link-request.ts'
import { type Listener, listen } from '../../src/amqp/listener.ts'
import type { Receiver } from '../../src/amqp/receiver.ts'
import type { Session } from '../../src/amqp/session.ts'
import { bodyOf, until } from '../support/amqp-fixtures.ts'
import { assertFlat, inFlight } from '../support/flat-memory.ts'

const WARM_UP = 100_000
const MESSAGES = 1_000_000
const IN_FLIGHT = 500

const BODY = bodyOf('a message like many')
/** In many frames. */
const LARGE = bodyOf('x'.repeat(200_000))

describe('a long run of messages', () => {
  let listener: Listener
  let connection: Connection
  let session: Session
  let received = 0
  let onLink: (request: LinkRequest) => void

  const accept = (delivery: Delivery): void => {
    received += 1
    delivery.accept()
  }

  before(async () => {
    listener = await listen({ onLink: (request) => onLink(request) })
    connection = await connect({ host: listener.host, port: listener.port })
    session = await connection.openSession()
  })

  after(async () => {
    await connection.close()
    await listener.close()
  })

  /** Sends so many and checks that all came. */
  const sender = async (options: { settled: boolean; body?: Buffer; lanes?: number }) => {
    const { settled, body = BODY, lanes = IN_FLIGHT } = options
    const link = await session.attachSender({ address: 'q' })
    return async (count: number): Promise<void> => {
      received = 0
      await inFlight(count, lanes, async () => {
        const { type } = await link.send(body, { settled })
        assert.equal(type, 'accepted')
      })
      await until(() => received >= count)
      assert.deepEqual([received, link.unsettled, link.queued], [count, 0, 0])
    }
  }

  it('leaves nothing behind when each is acknowledged', async (t) => {
    onLink = (request) => request.acceptReceiver({ creditWindow: IN_FLIGHT, onDelivery: accept })
    const send = await sender({ settled: false })
    await assertFlat(
      t,
      `${MESSAGES} messages`,
      () => send(WARM_UP),
      () => send(MESSAGES),
    )
  })

  it('leaves nothing behind when they are sent settled', async (t) => {
    onLink = (request) => request.acceptReceiver({ creditWindow: IN_FLIGHT, onDelivery: accept })
    const send = await sender({ settled: true })
    await assertFlat(
      t,
      `${MESSAGES} messages`,
      () => send(WARM_UP),
      () => send(MESSAGES),
    )
  })

  it('leaves nothing behind when they are iterated over', async (t) => {
    const iterate = async (receiver: Receiver): Promise<void> => {
      for await (const delivery of receiver) accept(delivery)
    }
    onLink = (request) => void iterate(request.acceptReceiver({ creditWindow: IN_FLIGHT }))
    const send = await sender({ settled: false })
    await assertFlat(
      t,
      `${MESSAGES} messages`,
      () => send(WARM_UP),
      () => send(MESSAGES),
    )
  })

  it('leaves nothing behind when each has many frames', async (t) => {
    onLink = (request) => request.acceptReceiver({ creditWindow: 10, onDelivery: accept })
    const send = await sender({ settled: false, body: LARGE, lanes: 20 })
    await assertFlat(
      t,
      '5000 messages of 200 KB',
      () => send(500),
      () => send(5_000),
    )
  })
})

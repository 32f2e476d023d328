// Connections in great number: one after the other, all at once, and given up in every stage of their making.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../src/amqp/connect.ts'
import type { Connection } from '../../src/amqp/connection.ts'
import { type Listener, listen } from '../../src/amqp/listener.ts'
import type { ConnectOptions } from '../../src/amqp/options.ts'
import { bodyOf, nextTurn, until } from '../support/amqp-fixtures.ts'
import { assertFlat, inFlight } from '../support/flat-memory.ts'
import { Random } from '../support/random.ts'

const WARM_UP = 2_000
const COUNT = 10_000
const AT_ONCE = 1_000

const BODY = bodyOf('x')

/** Undefined: there may be enough files open for both ends of so many connections. */
function fewFiles(connections: number): string | undefined {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } }
  const limit = Number(userLimits?.open_files?.soft)
  const needed = connections * 2 + 100
  return limit < needed ? `${needed} open files are needed and ${limit} allowed (ulimit -n)` : undefined
}

async function start(
  t: TestContext,
): Promise<{ listener: Listener; open: (o?: ConnectOptions) => Promise<Connection> }> {
  const listener = await listen({
    idleTimeoutMs: 60_000,
    onLink: (request) => request.acceptReceiver({ onDelivery: (delivery) => delivery.accept() }),
  })
  t.after(() => listener.close())
  const { host, port } = listener
  return { listener, open: (options = {}) => connect({ host, port, idleTimeoutMs: 60_000, ...options }) }
}

async function sendOne(connection: Connection): Promise<void> {
  const session = await connection.openSession()
  const sender = await session.attachSender({ address: 'q' })
  assert.equal((await sender.send(BODY)).type, 'accepted')
}

describe('connections', () => {
  it('come and go ten thousand times, one after the other, and leave nothing behind', async (t) => {
    const { listener, open } = await start(t)
    const one = async (n: number): Promise<void> => {
      const connection = await open(n % 2 === 0 ? {} : { sasl: {} })
      await sendOne(connection)
      if (n % 5 === 0) connection.abort(new Error('enough'))
      else await connection.close()
      await connection.closed
    }
    await assertFlat(
      t,
      `${COUNT} connections`,
      () => inFlight(WARM_UP, 1, one),
      async () => {
        await inFlight(COUNT, 1, one)
        await until(() => listener.connections.size === 0)
      },
    )
  })

  it('stand a thousand at once, each with a message, and leave nothing behind', async (t) => {
    const missing = fewFiles(AT_ONCE)
    if (missing) return t.skip(missing)
    const { listener, open } = await start(t)
    const all = async (): Promise<void> => {
      const connections = await Promise.all(Array.from({ length: AT_ONCE }, () => open()))
      assert.equal(listener.connections.size, AT_ONCE)
      await Promise.all(connections.map(sendOne))
      await Promise.all(connections.map((connection) => connection.close()))
      await until(() => listener.connections.size === 0)
    }
    await assertFlat(
      t,
      `three times ${AT_ONCE} connections`,
      () => inFlight(2, 1, all),
      () => inFlight(3, 1, all),
    )
  })

  it('are given up ten thousand times, in every stage, and leave nothing behind', async (t) => {
    const { listener, open } = await start(t)
    const random = new Random(1)
    const givenUp = async (n: number): Promise<void> => {
      const controller = new AbortController()
      const opening = open({ signal: controller.signal, ...(n % 2 === 0 ? { sasl: {} } : {}) })
      // Some are through before they are given up.
      const outcome = opening.then(
        (connection) => connection.close(),
        (error) => assert.equal(error, ENOUGH),
      )
      for (let turns = random.below(8); turns > 0; turns--) await nextTurn()
      controller.abort(ENOUGH)
      await outcome
    }
    await assertFlat(
      t,
      `${COUNT} connections`,
      () => inFlight(WARM_UP, 4, givenUp),
      async () => {
        await inFlight(COUNT, 4, givenUp)
        await until(() => listener.connections.size === 0)
      },
    )
  })
})

const ENOUGH = new Error('enough')

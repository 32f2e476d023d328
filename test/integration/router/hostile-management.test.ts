// Questions to `$management` without end, while a pair calls through the same router (Siege).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Connection, connect, type Message, type Sender } from '../../../src/amqp/index.ts'
import { useSiege } from '../../support/siege.ts'
import { until } from './bus.ts'

const besieged = useSiege()

/** The costliest question that there is: all of the last page. */
const question = (replyTo: string | undefined): Message => ({
  properties: { replyTo },
  applicationProperties: new Map<string, string | number>([
    ['operation', 'QUERY'],
    ['entityType', 'org.apache.qpid.dispatch.router.address'],
    ['offset', 1_500],
  ]),
})

async function crowded(port: number): Promise<Connection> {
  const connection = await connect({ host: '127.0.0.1', port })
  const session = await connection.openSession()
  const names = Array.from({ length: 2_000 }, (_, n) => `crowd.${n}`)
  await Promise.all(names.map((address) => session.attachReceiver({ address, onDelivery: () => {} })))
  return connection
}

async function askersOf(connection: Connection, count: number): Promise<Sender[]> {
  const session = await connection.openSession()
  return await Promise.all(Array.from({ length: count }, () => session.attachSender({ address: '$management' })))
}

describe('a router under a peer that asks', () => {
  it('and never takes the answers', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const connection = await crowded(siege.port)
      const session = await connection.openSession()
      const reply = await session.attachReceiver({ source: { dynamic: true }, creditWindow: 0, onDelivery: () => {} })
      const senders = await askersOf(connection, 4)
      await until(() => senders.every(({ credit }) => credit > 0))
      const sent = senders.flatMap((sender) =>
        Array.from({ length: sender.credit }, () => sender.send(question(reply.remoteSource?.address))),
      )
      for (const { type } of await Promise.all(sent)) assert.equal(type, 'accepted')
      assert.ok(senders.every(({ credit }) => credit === 0))
      connection.abort(new Error('enough'))
    })
  })

  it('as often as it may', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const connection = await crowded(siege.port)
      const session = await connection.openSession()
      let answers = 0
      const onDelivery = () => {
        answers += 1
      }
      const reply = await session.attachReceiver({ source: { dynamic: true }, onDelivery })
      const senders = await askersOf(connection, 4)
      const sent = senders.flatMap((sender) =>
        Array.from({ length: 250 }, () => sender.send(question(reply.remoteSource?.address))),
      )
      await Promise.all(sent)
      await until(() => answers === sent.length)
      connection.abort(new Error('enough'))
    })
  })
})

// Notifications over a bus whose queues are there because they were declared: the router with RabbitMQ 4's manners.

import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { attachLinkPair, connect } from '../../../src/amqp/index.ts'
import { createTransport, listenForNotifications, Notifier } from '../../../src/index.ts'
import { startRouter } from '../../../src/router/index.ts'
import { until } from '../router/bus.ts'

/** Somebody deletes a queue. */
async function deleteQueue(t: TestContext, port: number, name: string): Promise<void> {
  const connection = await connect({ port, sasl: { username: 'guest', password: 'guest' } })
  t.after(() => connection.close())
  let status: string | undefined
  const pair = await attachLinkPair(await connection.openSession(), {
    address: '/management',
    sender: { sndSettleMode: 1 },
    receiver: {
      sndSettleMode: 1,
      creditWindow: 1,
      onDelivery: (delivery) => {
        status = delivery.message.properties?.subject
      },
    },
  })
  const properties = { messageId: '1', to: `/queues/${name}`, subject: 'DELETE', replyTo: '$me' }
  await pair.sender.send({ properties, body: { type: 'value', value: null } }, { settled: true })
  await until(() => status !== undefined)
  assert.equal(status, '200')
}

it('a notification whose queue was deleted meanwhile is kept in a new one', async (t) => {
  const router = await startRouter({ as: 'rabbitmq4' })
  t.after(() => router.close())
  const transport = createTransport(router.url)
  t.after(() => transport.close())
  const notifier = new Notifier(transport, { publisherId: 'test' })
  await notifier.info({}, 'event', 'before')
  await deleteQueue(t, router.port, 'unicast.openstack.notifications.info')
  await notifier.info({}, 'event', 'after')
  const heard: unknown[] = []
  await listenForNotifications(transport, { topic: 'notifications' }, [
    { info: (_, { payload }) => void heard.push(payload) },
  ])
  await until(() => heard.length > 0)
  assert.deepEqual(heard, ['after'])
})

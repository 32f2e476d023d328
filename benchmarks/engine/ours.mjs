// oslo-messaging/amqp, as it is built.

import { connect, listen } from '../../dist/amqp/index.js'
import { argumentOf, nextId, reply, request, resultOf } from '../harness/work.mjs'

const SETTLED = { settled: true }
const UNSETTLED = { settled: false }
const IGNORED = { onOutcome() {}, onFailed() {} }

export async function serve() {
  let replies
  const listener = await listen({
    onLink(link) {
      if (link.role === 'receiver') replies = link.acceptSender({})
      else if (link.target?.address === 'oneway')
        link.acceptReceiver({ creditWindow: 500, onDelivery: (delivery) => delivery.accept() })
      else link.acceptReceiver({ creditWindow: 500, onDelivery: (delivery) => answer(delivery, replies) })
    },
  })
  return listener.port
}

function answer(delivery, replies) {
  const { properties, body } = delivery.message
  delivery.accept()
  const message = {
    properties: { to: properties.replyTo, correlationId: properties.messageId },
    body: { type: 'value', value: reply(argumentOf(body.value)) },
  }
  replies.submit(message, SETTLED, IGNORED)
}

export async function client(port) {
  const connection = await connect({ host: '127.0.0.1', port })
  const session = await connection.openSession()
  const waiting = new Map()
  await session.attachReceiver({
    address: 'reply',
    creditWindow: 500,
    onDelivery(delivery) {
      const { properties, body } = delivery.message
      const resolve = waiting.get(properties.correlationId)
      waiting.delete(properties.correlationId)
      resolve(resultOf(body.value))
    },
  })
  const calls = await session.attachSender({ address: 'rpc' })
  const oneway = await session.attachSender({ address: 'oneway' })
  return {
    rpc: (text) =>
      new Promise((resolve) => {
        const messageId = nextId()
        waiting.set(messageId, resolve)
        const message = {
          header: { ttl: 60_000 },
          properties: { messageId, to: 'rpc', replyTo: 'reply' },
          body: { type: 'value', value: request(text) },
        }
        calls.submit(message, UNSETTLED, IGNORED)
      }),
    oneway: (text) =>
      new Promise((resolve, reject) => {
        const message = { properties: { to: 'oneway' }, body: { type: 'value', value: request(text) } }
        oneway.submit(message, UNSETTLED, { onOutcome: resolve, onFailed: reject })
      }),
    close: () => connection.close(),
  }
}

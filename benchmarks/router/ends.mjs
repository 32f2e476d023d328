// Client and server on `oslo-messaging/amqp`, as engine/ours.mjs has them, with something between them: both connect to it, and
// replies go to a dynamic address.

import { connect } from '../../dist/amqp/index.js'
import { argumentOf, nextId, reply, request, resultOf } from '../harness/work.mjs'

const SETTLED = { settled: true }
const UNSETTLED = { settled: false }
const IGNORED = { onOutcome() {}, onFailed() {} }
const CREDIT = 500

const open = async (port) => (await connect({ host: '127.0.0.1', port })).openSession()

export async function serve(port) {
  const session = await open(port)
  /** By address: a sender, or the promise of one. */
  const senders = new Map()

  function send(address, message) {
    const sender = senders.get(address)
    if (sender && !(sender instanceof Promise)) return sender.submit(message, SETTLED, IGNORED)
    const attaching = sender ?? session.attachSender({ address })
    senders.set(address, attaching)
    attaching.then((attached) => {
      senders.set(address, attached)
      attached.submit(message, SETTLED, IGNORED)
    })
  }

  await session.attachReceiver({
    address: 'rpc',
    creditWindow: CREDIT,
    onDelivery(delivery) {
      const { properties, body } = delivery.message
      delivery.accept()
      send(properties.replyTo, {
        properties: { to: properties.replyTo, correlationId: properties.messageId },
        body: { type: 'value', value: reply(argumentOf(body.value)) },
      })
    },
  })
}

export async function client(port) {
  const session = await open(port)
  const waiting = new Map()
  const replies = await session.attachReceiver({
    source: { dynamic: true },
    creditWindow: CREDIT,
    onDelivery(delivery) {
      const { properties, body } = delivery.message
      const resolve = waiting.get(properties.correlationId)
      waiting.delete(properties.correlationId)
      resolve(resultOf(body.value))
    },
  })
  const replyTo = replies.remoteSource.address
  const calls = await session.attachSender({ address: 'rpc' })
  return {
    rpc: (text) =>
      new Promise((resolve) => {
        const messageId = nextId()
        waiting.set(messageId, resolve)
        const message = {
          header: { ttl: 60_000 },
          properties: { messageId, to: 'rpc', replyTo },
          body: { type: 'value', value: request(text) },
        }
        calls.submit(message, UNSETTLED, IGNORED)
      }),
  }
}

// Request and reply by hand with rhea 3.0.5, through a router: a dynamic address for the replies, a sender of its own for each
// address that is answered to, TCP_NODELAY on both ends.

import rhea from 'rhea'
import { argumentOf, nextId, reply, request, resultOf } from '../harness/work.mjs'

const CREDIT = 500

const open = (port) =>
  rhea.create_container().connect({ port, host: '127.0.0.1', tcp_no_delay: true, reconnect: false })

const event = (link, name) => new Promise((resolve) => link.once(name, resolve))

export async function serve(port) {
  const connection = open(port)
  const senders = new Map()

  function answer(address, message) {
    let sender = senders.get(address)
    if (!sender) {
      sender = connection.open_sender({ target: address })
      senders.set(address, sender)
    }
    sender.send(message).update(true)
  }

  const receiver = connection.open_receiver({ source: 'rpc', credit_window: CREDIT, autoaccept: false })
  receiver.on('message', ({ message, delivery }) => {
    delivery.accept()
    answer(message.reply_to, {
      to: message.reply_to,
      correlation_id: message.message_id,
      body: reply(argumentOf(message.body)),
    })
  })
  await event(receiver, 'receiver_open')
}

export async function client(port) {
  const connection = open(port)
  const waiting = new Map()
  const receiver = connection.open_receiver({ source: { dynamic: true }, credit_window: CREDIT })
  receiver.on('message', ({ message }) => {
    const resolve = waiting.get(message.correlation_id)
    waiting.delete(message.correlation_id)
    resolve(resultOf(message.body))
  })
  const sender = connection.open_sender({ target: 'rpc' })
  await Promise.all([event(receiver, 'receiver_open'), event(sender, 'sendable')])
  const replyTo = receiver.source.address
  return {
    rpc: (text) =>
      new Promise((resolve) => {
        const messageId = nextId()
        waiting.set(messageId, resolve)
        sender.send({ ttl: 60_000, message_id: messageId, to: 'rpc', reply_to: replyTo, body: request(text) })
      }),
  }
}

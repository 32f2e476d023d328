// rhea 3.0.5, used as its documentation says, with TCP_NODELAY on both ends.

import rhea from 'rhea'
import { argumentOf, nextId, reply, request, resultOf } from '../harness/work.mjs'

export function serve() {
  const container = rhea.create_container()
  let replies
  container.on('sender_open', ({ sender }) => {
    sender.set_source(sender.source)
    replies = sender
  })
  container.on('receiver_open', ({ receiver }) => receiver.set_target(receiver.target))
  container.on('message', ({ message, delivery, receiver }) => {
    delivery.accept()
    if (receiver.target.address === 'oneway') return
    const answer = { to: message.reply_to, correlation_id: message.message_id, body: reply(argumentOf(message.body)) }
    const sent = replies.send(answer)
    sent.update(true)
  })
  const server = container.listen({
    port: 0,
    host: '127.0.0.1',
    tcp_no_delay: true,
    receiver_options: { credit_window: 500, autoaccept: false },
  })
  return new Promise((resolve) => server.on('listening', () => resolve(server.address().port)))
}

export function client(port) {
  const container = rhea.create_container()
  const connection = container.connect({ port, host: '127.0.0.1', tcp_no_delay: true, reconnect: false })
  const waiting = new Map()
  const receiver = connection.open_receiver({ source: 'reply', credit_window: 500 })
  receiver.on('message', ({ message }) => {
    const resolve = waiting.get(message.correlation_id)
    waiting.delete(message.correlation_id)
    resolve(resultOf(message.body))
  })
  const calls = connection.open_sender({ target: 'rpc' })
  const oneway = connection.open_sender({ target: 'oneway' })
  const outcomes = new Map()
  oneway.on('accepted', ({ delivery }) => {
    const resolve = outcomes.get(delivery)
    outcomes.delete(delivery)
    resolve()
  })
  const ready = Promise.all([calls, oneway].map((sender) => new Promise((resolve) => sender.once('sendable', resolve))))
  return ready.then(() => ({
    rpc: (text) =>
      new Promise((resolve) => {
        const messageId = nextId()
        waiting.set(messageId, resolve)
        calls.send({ ttl: 60_000, message_id: messageId, to: 'rpc', reply_to: 'reply', body: request(text) })
      }),
    oneway: (text) =>
      new Promise((resolve) => {
        outcomes.set(oneway.send({ to: 'oneway', body: request(text) }), resolve)
      }),
    close: () => connection.close(),
  }))
}

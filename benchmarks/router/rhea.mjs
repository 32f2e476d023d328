// The relay that one would write with rhea 3.0.5: messages go to who receives from their address, in turn, and wait while nobody
// has credit; outcomes go back to who sent them. With TCP_NODELAY on both ends.

import { randomUUID } from 'node:crypto'
import rhea from 'rhea'

class Address {
  receivers = []
  waiting = []
  turn = 0
}

export function relay() {
  const container = rhea.create_container()
  const addresses = new Map()
  /** What a message that we sent came in with. */
  const origins = new Map()

  function addressOf(name) {
    if (!addresses.has(name)) addresses.set(name, new Address())
    return addresses.get(name)
  }

  function forward(address) {
    while (address.waiting.length > 0) {
      const ready = address.receivers.filter((receiver) => receiver.sendable())
      if (ready.length === 0) return
      const { message, delivery } = address.waiting.shift()
      const sent = ready[address.turn++ % ready.length].send(message)
      if (delivery.remote_settled) {
        sent.update(true)
        delivery.update(true) // or rhea keeps a place in its window for it
      } else {
        origins.set(sent, delivery)
      }
    }
  }

  container.on('sender_open', ({ sender }) => {
    const { dynamic } = sender.source
    const name = dynamic ? randomUUID() : sender.source.address
    const address = addressOf(name)
    sender.set_source({ address: name, dynamic })
    address.receivers.push(sender)
    sender.on('sendable', () => forward(address))
    sender.on('sender_close', () => {
      address.receivers = address.receivers.filter((one) => one !== sender)
    })
  })
  container.on('receiver_open', ({ receiver }) => receiver.set_target(receiver.target))
  container.on('message', ({ message, delivery, receiver }) => {
    const address = addressOf(receiver.target.address)
    address.waiting.push({ message, delivery })
    forward(address)
  })
  const passOn = (settle) => (context) => {
    const origin = origins.get(context.delivery)
    origins.delete(context.delivery)
    if (origin) settle(origin, context.delivery.remote_state)
  }
  const accepted = (origin) => origin.accept()
  const rejected = (origin, { error }) => origin.reject(error)
  const released = (origin) => origin.release()
  container.on('accepted', passOn(accepted))
  container.on('rejected', passOn(rejected))
  container.on('released', passOn(released)) // and every modified, in rhea's events
  const server = container.listen({
    port: 0,
    host: '127.0.0.1',
    tcp_no_delay: true,
    receiver_options: { credit_window: 500, autoaccept: false },
  })
  return new Promise((resolve) => server.on('listening', () => resolve(server.address().port)))
}

// Notifications by hand with rhea 3.0.5, through a router: TCP_NODELAY on both ends, a window of 500.

import rhea from 'rhea'
import { received } from '../harness/received.mjs'
import { nextId, notification, numberOf } from '../harness/work.mjs'
import { ADDRESS } from './address.mjs'

const CREDIT = 500

const open = (port) =>
  rhea.create_container().connect({ port, host: '127.0.0.1', tcp_no_delay: true, reconnect: false })

const event = (link, name) => new Promise((resolve) => link.once(name, resolve))

export async function consume(port) {
  const receiver = open(port).open_receiver({ source: ADDRESS, credit_window: CREDIT, autoaccept: false })
  receiver.on('message', ({ message, delivery }) => {
    received(numberOf(message.body))
    delivery.accept()
  })
  await event(receiver, 'receiver_open')
}

export async function publisher(port) {
  const sender = open(port).open_sender({ target: ADDRESS })
  /** By delivery. */
  const waiting = new Map()
  const settle = (settled) => (context) => {
    const { resolve, reject } = waiting.get(context.delivery)
    waiting.delete(context.delivery)
    settled ? resolve() : reject(new Error('a notification was not accepted'))
  }
  sender.on('accepted', settle(true))
  sender.on('rejected', settle(false))
  sender.on('released', settle(false)) // and every modified, in rhea's events
  await event(sender, 'sendable')
  return {
    publish: (text, number) =>
      new Promise((resolve, reject) => {
        const message = { message_id: nextId(), to: ADDRESS, body: notification(text, number) }
        waiting.set(sender.send(message), { resolve, reject })
      }),
  }
}

// RabbitMQ with amqplib 2.3.1: a queue in memory, publisher confirms, a consumer that acknowledges each, a prefetch of 500 as with the
// others, TCP_NODELAY on both ends.

import amqplib from 'amqplib'
import { received } from '../harness/received.mjs'
import { notification, numberOf } from '../harness/work.mjs'

const QUEUE = 'events'
const PREFETCH = 500

const open = (port) => amqplib.connect(`amqp://guest:guest@127.0.0.1:${port}`, { noDelay: true })

export async function consume(port) {
  const channel = await (await open(port)).createChannel()
  await channel.assertQueue(QUEUE, { durable: false })
  await channel.prefetch(PREFETCH)
  await channel.consume(QUEUE, (message) => {
    received(numberOf(message.content.toString()))
    channel.ack(message)
  })
}

export async function publisher(port) {
  const channel = await (await open(port)).createConfirmChannel()
  return {
    publish: (text, number) =>
      new Promise((resolve, reject) => {
        const content = Buffer.from(notification(text, number))
        channel.sendToQueue(QUEUE, content, {}, (error) => (error ? reject(error) : resolve()))
      }),
  }
}

// The floor: AMQP frames by hand (harness/frames.mjs) and the same JSON, acknowledged by the consumer.

import { connect } from 'node:net'
import { FrameWriter, idOf, readDisposition, readFrames, readMessage } from '../harness/frames.mjs'
import { received } from '../harness/received.mjs'
import { nextId, notification, numberOf } from '../harness/work.mjs'

async function open(port, onFrame) {
  const socket = connect({ host: '127.0.0.1', port })
  const writer = new FrameWriter(socket)
  readFrames(socket, onFrame)
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return writer
}

export async function consume(port) {
  const writer = await open(port, (data, start, end) => {
    received(numberOf(readMessage(data, start, end).body))
    writer.accept(idOf(data, start))
  })
}

export async function publisher(port) {
  /** By delivery id. */
  const waiting = new Map()
  const accepted = (id) => {
    const resolve = waiting.get(id)
    waiting.delete(id)
    resolve()
  }
  const writer = await open(port, (data, start) => readDisposition(data, start, accepted))
  return {
    publish: (text, number) =>
      new Promise((resolve) => {
        const body = notification(text, number)
        waiting.set(writer.transfer(0, false, 0, nextId(), 'bench', undefined, undefined, body), resolve)
      }),
  }
}

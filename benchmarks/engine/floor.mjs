// The floor: the same frames by hand, one connection, nothing between. See harness/frames.mjs.

import { connect as connectTcp, createServer } from 'node:net'
import {
  codeOf,
  DISPOSITION,
  FrameWriter,
  handleOf,
  idOf,
  readDisposition,
  readFrames,
  readMessage,
  TRANSFER,
} from '../harness/frames.mjs'
import { argumentOf, nextId, reply, request, resultOf } from '../harness/work.mjs'

export function serve() {
  const server = createServer((socket) => {
    const writer = new FrameWriter(socket)
    readFrames(socket, (data, start, end) => {
      if (codeOf(data, start) !== TRANSFER) return
      const message = readMessage(data, start, end)
      writer.accept(idOf(data, start))
      if (handleOf(data, start) === 1) return
      writer.transfer(
        0,
        true,
        0,
        undefined,
        message.replyTo,
        undefined,
        message.messageId,
        reply(argumentOf(message.body)),
      )
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}

export function client(port) {
  const socket = connectTcp({ host: '127.0.0.1', port })
  const writer = new FrameWriter(socket)
  const waiting = new Map()
  const outcomes = new Map()
  const settled = (id) => {
    const resolve = outcomes.get(id)
    outcomes.delete(id)
    resolve?.()
  }
  readFrames(socket, (data, start, end) => {
    if (codeOf(data, start) === DISPOSITION) return readDisposition(data, start, settled)
    const { correlationId, body } = readMessage(data, start, end)
    const resolve = waiting.get(correlationId)
    waiting.delete(correlationId)
    resolve(resultOf(body))
  })
  const ready = new Promise((resolve) => socket.once('connect', resolve))
  return ready.then(() => ({
    rpc: (text) =>
      new Promise((resolve) => {
        const messageId = nextId()
        waiting.set(messageId, resolve)
        writer.transfer(0, false, 60_000, messageId, 'rpc', 'reply', undefined, request(text))
      }),
    oneway: (text) =>
      new Promise((resolve) => {
        outcomes.set(writer.transfer(1, false, 0, undefined, 'oneway', undefined, undefined, request(text)), resolve)
      }),
    close: () => socket.destroy(),
  }))
}

// What stands between at the least: bytes go from one connection to the other, and nobody looks at them.

import { createServer } from 'node:net'

export function relay() {
  /** The consumer's, then the publisher's. */
  const sockets = []
  const server = createServer((socket) => {
    socket.setNoDelay(true).on('error', () => {}) // an end was stopped
    sockets.push(socket)
    if (sockets.length !== 2) return
    const [consumer, publisher] = sockets
    publisher.on('data', (bytes) => consumer.write(bytes))
    consumer.on('data', (bytes) => publisher.write(bytes))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}

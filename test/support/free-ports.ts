// Ports of the loopback for servers that are told which to take, and whether they are there.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** All at once, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) await once(server.close(), 'close')
  return ports
}

/** Whether anybody listens there. */
export async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
  })
}

/** Whether AMQP is spoken there: the header of AMQP 1.0 is answered with its own, or with the one of SASL. */
export async function speaksAmqp(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from('AMQP\x00\x01\x00\x00', 'latin1')))
    socket.setTimeout(2_000, () => socket.destroy())
    socket.once('data', (bytes) => {
      resolve(bytes.subarray(0, 4).toString('latin1') === 'AMQP')
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

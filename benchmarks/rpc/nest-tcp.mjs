import { Transport } from '@nestjs/microservices'
import { freePort } from '../harness/free-port.mjs'
import { clientOver, serveOver } from './nest.mjs'

const transport = (port) => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port } })

export async function serve() {
  const port = await freePort()
  await serveOver(transport(port))
  return port
}

export const client = (port) => clientOver(transport(port))

import { Transport } from '@nestjs/microservices'
import { clientOver, serveOver } from './nest.mjs'

const transport = (port) => ({ transport: Transport.NATS, options: { servers: [`nats://127.0.0.1:${port}`] } })

export const serve = (port) => serveOver(transport(port))
export const client = (port) => clientOver(transport(port))

import { clientOver, serveOver } from './moleculer.mjs'

const transporter = (port) => `nats://127.0.0.1:${port}`

export const serve = (port) => serveOver(transporter(port))
export const client = (port) => clientOver(transporter(port))

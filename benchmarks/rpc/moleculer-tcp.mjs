// Moleculer's nodes speak to each other over TCP; the client is told where the server is, and the server hears of the client.

import { freePort } from '../harness/free-port.mjs'
import { clientOver, serveOver } from './moleculer.mjs'

const transporter = (options) => ({ type: 'TCP', options: { udpDiscovery: false, useHostname: false, ...options } })

export async function serve() {
  const port = await freePort()
  await serveOver(transporter({ port }))
  return port
}

export const client = (port) => clientOver(transporter({ urls: [`tcp://127.0.0.1:${port}/server`] }))

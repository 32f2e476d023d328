// Request and reply with the client of NATS.

import { connect } from '@nats-io/transport-node'
import { argumentOf, reply, request, resultOf } from '../harness/work.mjs'

const open = (port) => connect({ servers: `127.0.0.1:${port}` })

export async function serve(port) {
  const connection = await open(port)
  connection.subscribe('rpc', {
    callback(_error, message) {
      message.respond(reply(argumentOf(message.string())))
    },
  })
  await connection.flush()
}

export async function client(port) {
  const connection = await open(port)
  return {
    rpc: async (text) => resultOf((await connection.request('rpc', request(text), { timeout: 60_000 })).string()),
  }
}

// This library, as its guide says to use it, with its defaults. Whatever routes is at `port`.

import { createTransport, RpcClient, serveRpc } from '../../dist/index.js'

const TARGET = { topic: 'bench' }

const endpoint = {
  echo: (_context, { text }) => text,
}

export async function serve(port) {
  await serveRpc(createTransport(`amqp://127.0.0.1:${port}`), { ...TARGET, server: 'one' }, [endpoint])
}

export function client(port) {
  const client = new RpcClient(createTransport(`amqp://127.0.0.1:${port}`), TARGET)
  return { rpc: (text) => client.call({}, 'echo', { text }) }
}

// This library, as its guide says to use it, with its defaults. Whatever stores or routes is at `port`.

import { createTransport, listenForNotifications, Notifier } from '../../dist/index.js'
import { received } from '../harness/received.mjs'

const TOPIC = 'bench'

const endpoint = {
  info: (_context, { payload }) => received(payload.number),
}

export async function consume(port) {
  await listenForNotifications(createTransport(`amqp://127.0.0.1:${port}`), { topic: TOPIC }, [endpoint])
}

export function publisher(port) {
  const transport = createTransport(`amqp://127.0.0.1:${port}`)
  const notifier = new Notifier(transport, { publisherId: 'bench.one', topics: [TOPIC] })
  return { publish: (text, number) => notifier.info({}, 'bench.happened', { number, text }) }
}

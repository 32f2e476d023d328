// What idle connections cost: the memory of a router's process before they come and while they are there, open and silent. A
// client of its own holds them.

import { connect } from '../../dist/amqp/index.js'
import { start } from '../harness/child.mjs'

const here = (file) => new URL(file, import.meta.url).href
const KINDS = [
  { kind: 'open', options: { links: false } },
  { kind: 'open, with a session, a sender and a dynamic receiver', options: { links: true } },
]

export async function printIdle(count) {
  console.log(`### ${count} idle connections\n`)
  console.log('| connections | router before, MiB | with them, MiB | growth, MiB | KiB each |')
  console.log('|---|--:|--:|--:|--:|')
  for (const { kind, options } of KINDS) {
    const router = await start(here('ours.mjs'), 'relay')
    const client = await start(import.meta.url, 'client', router.port)
    const before = await router.ask({ command: 'usage' })
    await client.ask({ command: 'call', argument: { count, ...options } })
    const { rss } = await router.ask({ command: 'usage' })
    for (const one of [client, router]) one.stop()
    const growth = rss - before.rss
    const cells = [kind, before.rss.toFixed(0), rss.toFixed(0), growth.toFixed(1), ((growth * 1024) / count).toFixed(1)]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
}

/** For the process that holds them. */
export function client(port) {
  return {
    async call({ count, links }) {
      for (let n = 0; n < count; n++) {
        const connection = await connect({ host: '127.0.0.1', port })
        if (!links) continue
        const session = await connection.openSession()
        await session.attachReceiver({ source: { dynamic: true }, creditWindow: 10, onDelivery: (one) => one.accept() })
        await session.attachSender({ address: `idle.${n}` })
      }
      return { count }
    },
  }
}

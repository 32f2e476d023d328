// Requests without reply: to one of a group, to one server, to all of them.

import { EventEmitter, once } from 'node:events'
import { createTransport, RpcClient, serveRpc } from 'oslo-messaging'
import { startRouter } from 'oslo-messaging/router'

await using router = await startRouter()
await using transport = createTransport(router.url)

const done = new EventEmitter()
const worker = (name: string) => ({
  resize: (_context: object, { image }: { image?: unknown }) => void done.emit('resized', name, image),
  flush: () => void done.emit('flushed', name),
})
await using first = await serveRpc(transport, { topic: 'images', server: 'first' }, [worker('first')])
await using second = await serveRpc(transport, { topic: 'images', server: 'second' }, [worker('second')])

const client = new RpcClient(transport, { topic: 'images' })

// The promise of a cast says that the bus has taken the request, not that it was worked on.
const resized = once(done, 'resized')
await client.cast({}, 'resize', { image: 'cat.png' })
const [who, image] = await resized
console.log(`${image} was resized by ${who}, one of ${first.target.server} and ${second.target.server}`)

const flushed = new Set<unknown>()
const everybody = new Promise<void>((resolve) => {
  done.on('flushed', (name) => {
    if (flushed.add(name).size === 2) resolve()
  })
})
await client.prepare({ fanout: true }).cast({}, 'flush', {})
await everybody
console.log(`flushed: ${[...flushed].sort().join(', ')}`)

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface PausableProxy {
  readonly port: number
  /** From now on nothing passes, and nobody is told. */
  pause(): void
  /** Ends all connections that there are now. */
  cut(): void
}

/** TCP connections through to a port of this machine, which can fall silent and be cut. */
export async function pausableProxy(t: TestContext, target: number): Promise<PausableProxy> {
  const sockets = new Set<Socket>()
  let paused = false
  const server = createServer((inner) => {
    const outer = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (bytes) => {
        if (!paused) to.write(bytes)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    port: (server.address() as AddressInfo).port,
    pause() {
      paused = true
      server.close()
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

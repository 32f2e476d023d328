// How a router is watched over HTTP: /metrics for Prometheus, /livez and /readyz for whoever starts and stops it. What it serves is
// small and the same for all; who asks is given little time and no memory.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { type AddressInfo, isIPv6, type Socket } from 'node:net'
import { reportDefect } from '../support/report-defect.ts'
import { RouterListenError } from './errors.ts'
import { expositionOf, METRICS_CONTENT_TYPE } from './metrics.ts'
import type { ResolvedMetricsOptions } from './metrics-options.ts'
import type { RouterCounters } from './traffic.ts'

/** Of those who ask. */
const LIMITS = Object.freeze({ connections: 64, headerBytes: 8_192, headers: 64, timeoutMs: 5_000, checkMs: 1_000 })

/** What is told of a router. */
export interface Watched {
  readonly counters: RouterCounters
  /** Why it takes no new work now, in words; undefined: it does. */
  readonly unready: string | undefined
}

const PLAIN = 'text/plain; charset=utf-8'

interface Page {
  readonly status: number
  readonly type: string
  readonly text: string
}

const PAGES: Readonly<Record<string, (watched: Watched) => Page>> = {
  '/metrics': ({ counters }) => ({ status: 200, type: METRICS_CONTENT_TYPE, text: expositionOf(counters) }),
  '/livez': () => page(200, 'ok'),
  '/readyz': ({ unready }) => (unready === undefined ? page(200, 'ready') : page(503, unready)),
}

const page = (status: number, text: string): Page => ({ status, type: PLAIN, text: `${text}\n` })

export class MetricsServer {
  /** `http://127.0.0.1:PORT`, below which the pages are. */
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo
    this.url = `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
    this.#server = server
  }

  /** @throws RouterListenError */
  static async listen({ host, port }: ResolvedMetricsOptions, watched: Watched): Promise<MetricsServer> {
    const answered = new WeakSet<Socket>()
    const server = createServer(
      {
        maxHeaderSize: LIMITS.headerBytes,
        headersTimeout: LIMITS.timeoutMs,
        requestTimeout: LIMITS.timeoutMs,
        keepAliveTimeout: LIMITS.timeoutMs,
        connectionsCheckingInterval: LIMITS.checkMs,
      },
      (request, response) => {
        // One page for a connection: what else a peer sends before it has read that costs next to nothing.
        if (answered.has(request.socket)) return void request.socket.destroy()
        answered.add(request.socket)
        answer(request, response, watched)
      },
    )
    boundConnections(server)
    server.maxHeadersCount = LIMITS.headers
    server.setTimeout(2 * LIMITS.timeoutMs) // who does not read what it asked for
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const message = `the router cannot listen on ${host}:${port} for metrics, ${cause.message}`
        reject(new RouterListenError(message, { cause }))
      })
      server.listen({ host, port }, resolve)
    })
    server.removeAllListeners('error')
    server.on('error', (error) => reportDefect(`the metrics server on ${host}:${port}`, error))
    return new MetricsServer(server)
  }

  /** Ends at once: nobody waits for a page longer than a moment. Never rejects. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeAllConnections()
    await closed
  }
}

/** Where there are too many the oldest goes: it has had more time to ask than whoever comes now. */
function boundConnections(server: Server): void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const [oldest] = open
    if (open.size <= LIMITS.connections || !oldest) return
    open.delete(oldest)
    oldest.destroy()
  })
}

function answer(request: IncomingMessage, response: ServerResponse, watched: Watched): void {
  const { method = '', url = '' } = request
  const path = url.split('?', 1)[0] as string
  const found = Object.hasOwn(PAGES, path) ? PAGES[path] : undefined
  if (!found) return write(response, method, page(404, `there are ${Object.keys(PAGES).join(', ')}`))
  if (method === 'GET' || method === 'HEAD') return write(response, method, found(watched))
  response.setHeader('allow', 'GET, HEAD')
  write(response, method, page(405, 'expected GET or HEAD'))
}

function write(response: ServerResponse, method: string, { status, type, text }: Page): void {
  response.statusCode = status
  response.setHeader('content-type', type)
  response.setHeader('content-length', Buffer.byteLength(text))
  response.setHeader('cache-control', 'no-store')
  response.setHeader('connection', 'close')
  response.end(method === 'HEAD' ? undefined : text)
}

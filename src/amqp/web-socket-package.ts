// The one place that knows of the package ws: an optional peer dependency, imported when somebody asks for WebSocket. What is used
// of it is said here, so that the types of this library need none of its.

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ConnectionError } from './errors.ts'
import type { WebSocketLike } from './web-socket-stream.ts'

export interface PackagedWebSocket extends WebSocketLike {
  on(event: 'upgrade', listener: (response: IncomingMessage) => void): unknown
  on(event: 'unexpected-response', listener: (request: unknown, response: IncomingMessage) => void): unknown
}

export interface PackagedClientOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly createConnection: () => Socket
  readonly perMessageDeflate: boolean
  readonly maxPayload: number
  readonly closeTimeout: number
}

export interface PackagedServerOptions {
  readonly noServer: true
  readonly clientTracking: boolean
  readonly perMessageDeflate: boolean
  readonly maxPayload: number
  readonly closeTimeout: number
  readonly handleProtocols: () => string
}

export interface PackagedServer {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    upgraded: (webSocket: PackagedWebSocket) => void,
  ): void
}

export interface WebSocketPackage {
  readonly WebSocket: new (url: URL, protocols: string[], options: PackagedClientOptions) => PackagedWebSocket
  readonly WebSocketServer: new (options: PackagedServerOptions) => PackagedServer
}

/** Undefined: it is not installed. */
export type LoadWebSocketPackage = () => Promise<WebSocketPackage | undefined>

export const loadWebSocketPackage: LoadWebSocketPackage = async () => {
  try {
    // Before version 8 it has no such names to import.
    const { WebSocket, WebSocketServer } = (await import('ws')) as unknown as Partial<WebSocketPackage>
    return WebSocket && WebSocketServer ? { WebSocket, WebSocketServer } : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw new ConnectionError(`the package ws cannot be loaded: ${(error as Error).message}`, {
      origin: 'local',
      cause: error,
    })
  }
}

export function packageMissing(what: string): ConnectionError {
  return new ConnectionError(`${what} needs the package ws, version 8: npm install ws`, { origin: 'local' })
}

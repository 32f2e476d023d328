// What one scenario plays on: transports, servers and listeners that are gone when it has ended, and a topic that nobody else has.

import { randomUUID } from 'node:crypto'
import {
  createTransport,
  listenForNotifications,
  type NotificationEndpoint,
  type NotificationListener,
  type NotificationListenerOptions,
  Notifier,
  RpcClient,
  type RpcClientOptions,
  type RpcEndpoint,
  type RpcServer,
  type RpcServerOptions,
  serveRpc,
  type Transport,
} from '../../src/index.ts'
import type { Program } from '../support/program.ts'
import type { Intermediary } from './intermediary.ts'

/** Long enough for whatever should succeed on a slow machine. */
const WAIT_MS = 20_000
/** Where the addresses are not to a peer's liking, this is how long a scenario takes to say so. */
const READY = { readyTimeoutMs: 10_000 }

export class Stage implements AsyncDisposable {
  readonly intermediary: Intermediary
  readonly topic = `topic-${randomUUID().slice(0, 8)}`
  readonly #transports: Transport[] = []
  readonly #programs: Program[] = []

  constructor(intermediary: Intermediary) {
    this.intermediary = intermediary
  }

  get url(): string {
    return this.intermediary.url
  }

  /** A connection of its own. */
  open(url: string = this.url, options: Readonly<Record<string, unknown>> = {}): Transport {
    const transport = createTransport(url, { options })
    this.#transports.push(transport)
    return transport
  }

  client(options: RpcClientOptions = {}, transport: Transport = this.open()): RpcClient {
    return new RpcClient(transport, { topic: this.topic }, { timeoutMs: WAIT_MS, ...options })
  }

  /** A server of the topic, which can be called. */
  serve(server: string, endpoint: RpcEndpoint, options: RpcServerOptions = {}, transport = this.open()) {
    return serveRpc(transport, { topic: this.topic, server }, [endpoint], {
      ...READY,
      ...options,
    }) as Promise<RpcServer>
  }

  notifier(transport: Transport = this.open()): Notifier {
    return new Notifier(transport, { publisherId: 'suite', topics: [this.topic], timeoutMs: WAIT_MS })
  }

  /** A listener to the topic, which hears. */
  listen(
    endpoint: NotificationEndpoint,
    options: NotificationListenerOptions = {},
    transport: Transport = this.open(),
  ): Promise<NotificationListener> {
    return listenForNotifications(transport, { topic: this.topic }, [endpoint], { ...READY, ...options })
  }

  /** A program that must not outlive the scenario. */
  keep(program: Program): Program {
    this.#programs.push(program)
    return program
  }

  /** Whatever still waits on it settles. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) program.kill('SIGKILL')
    await Promise.all(this.#transports.map((transport) => transport.close()))
    await Promise.all(this.#programs.map((program) => program.ended))
  }
}

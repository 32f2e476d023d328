// The same over TCP: bent streams fed to whatever listens on a port, and to clients of ours by a server that bends what it says.

import { once } from 'node:events'
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { connect } from '../../src/amqp/connect.ts'
import type { Connection } from '../../src/amqp/connection.ts'
import type { ConnectOptions } from '../../src/amqp/options.ts'
import { nextTurn } from './amqp-fixtures.ts'
import type { Conversation } from './conversations.ts'
import { clientOptions, framesByStep } from './fuzz-ends.ts'
import type { Unit } from './mutations.ts'
import { PuppetClient } from './puppet-client.ts'
import { Random } from './random.ts'
import { WireLog } from './wire-log.ts'
import { brokenRules } from './wire-rules.ts'

/** Only something that hangs takes that long. */
const PATIENCE_MS = 20_000

export interface TcpOptions {
  /** The peer says nothing more in the end, and does not even hang up. */
  readonly silent?: boolean
}

/** Of a silent peer the socket stays open: the caller has it. Resolves with what is wrong with what came back, or because nothing ended; empty: nothing. */
export async function feedPort(
  units: readonly Unit[],
  port: number,
  seed: number,
  silent?: Socket[],
): Promise<string[]> {
  const socket = connectTcp({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
  const written = new Written(socket)
  // Half open: that the other end has hung up is seen, and is enough.
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  await feed(socket, units, new Random(seed), () => {})
  if (silent) silent.push(socket)
  else socket.end()
  const inTime = await within(ended)
  if (!silent) socket.destroy()
  return inTime ? written.problems() : ['the connection does not end']
}

/** A server that says what it is told to say, bent. */
export class BentServer {
  readonly #server: Server
  #waiter: ((socket: Socket) => void) | undefined

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      // A client that takes what it heard for a demand for SASL tries once more: that finds nobody.
      if (this.#waiter) this.#waiter(socket)
      else socket.destroy()
      this.#waiter = undefined
    })
  }

  static async start(): Promise<BentServer> {
    const server = createServer({ noDelay: true, allowHalfOpen: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new BentServer(server)
  }

  /** A client of ours does at this server what the recorded one did. One at a time. */
  async serve(
    units: readonly Unit[],
    conversation: Conversation,
    seed: number,
    { silent = false, ...options }: TcpOptions & ConnectOptions = {},
  ): Promise<string[]> {
    const timeoutMs = silent ? 200 : 600_000
    const accepted = new Promise<Socket>((resolve) => {
      this.#waiter = resolve
    })
    const connecting = connect({ host: '127.0.0.1', port: this.port, ...clientOptions(conversation), ...options })
    const puppet = new PuppetClient(connecting, timeoutMs)
    const socket = await accepted
    const written = new Written(socket)
    const frames = framesByStep(conversation)
    await feed(socket, units, new Random(seed), (step) => {
      for (const frame of frames.get(step) ?? []) puppet.act(frame)
    })
    if (!silent) socket.end()
    const inTime = await within(settled(connecting, puppet))
    socket.destroy()
    return inTime ? written.problems() : ['not everything settles']
  }

  close(): void {
    this.#server.close()
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    return address.port
  }
}

async function settled(connecting: Promise<Connection>, { trace }: PuppetClient): Promise<void> {
  const connection = await connecting.catch(() => undefined)
  await connection?.closed
  for (let seen = -1; seen !== trace.promises.length; ) {
    seen = trace.promises.length
    await Promise.all(trace.promises)
  }
}

async function within(promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS)
  })
  const inTime = await Promise.race([promise.then(() => true), late])
  clearTimeout(timer)
  return inTime
}

async function feed(
  socket: Socket,
  units: readonly Unit[],
  random: Random,
  before: (step: number) => void,
): Promise<void> {
  let step = -1
  for (const { step: next, bytes } of units) {
    if (next > step) {
      while (step < next) before(++step)
      for (let turns = random.between(2, 6); turns > 0; turns--) await nextTurn()
    }
    if (socket.writable) socket.write(bytes)
  }
}

/** What came back, and whether it was AMQP. */
class Written {
  readonly #log = new WireLog()
  readonly #problems: string[] = []

  constructor(socket: Socket) {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      try {
        this.#log.push(chunk)
      } catch (error) {
        this.#problems.push(`what was written is no AMQP: ${String(error)}`)
      }
    })
  }

  problems(): string[] {
    // A connection that is reset may end amid a frame.
    const broken = brokenRules(this.#log, { maxFrameSize: Number.POSITIVE_INFINITY })
    return [...this.#problems, ...broken.filter((problem) => !problem.includes('never became whole'))]
  }
}

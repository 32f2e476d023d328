// Publisher, listener, their connections and the intermediary are killed again and again while events are published. What was reported
// as stored must arrive; what arrives twice must be known by its message_id.

import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { messageId } from './notify-process.ts'
import { pausableProxy } from './pausable-proxy.ts'
import type { Random } from './random.ts'

const PROCESS = fileURLToPath(new URL('notify-process.js', import.meta.url))
const idOf: typeof messageId = (n) => `event-${n}`
/** Long enough for a slow machine: only a failing test waits for it. */
const LIMIT_MS = 280_000

export interface Siege {
  readonly events: number
  /** Events between one blow and the next. */
  readonly between: number
  readonly random: Random
  /** Where the intermediary listens. */
  readonly port: number
  /** What stands before the host in URLs, as `user:password@`. */
  readonly credentials?: string
  /** Options of the driver. */
  readonly options: Readonly<Record<string, unknown>>
  /** Kills the intermediary and starts it again. Absent: it is left alone. */
  readonly restart?: () => Promise<void>
}

export interface SiegeReport {
  readonly blows: Readonly<Record<string, number>>
  readonly duplicates: number
  /** Events that arrived with another message_id or context than theirs. */
  readonly strange: readonly string[]
}

/** Resolves when all events were reported as stored and all have arrived; rejects when that takes too long. */
export async function siege(t: TestContext, { events, between, random, port, ...plan }: Siege): Promise<SiegeReport> {
  const proxy = await pausableProxy(t, port)
  const url = `amqp://${plan.credentials ?? ''}127.0.0.1:${proxy.port}`
  const stored = new Set<number>()
  const arrivals = new Uint32Array(events)
  const strange: string[] = []
  const blows: Record<string, number> = {}
  let received = 0
  let distinct = 0
  let change = (): void => {}

  const start = (role: string, onLine: (line: string) => void): ChildProcess => {
    const child = fork(PROCESS, [role, url, JSON.stringify(plan.options)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      onLine(line)
      change()
    })
    return child
  }
  const startPublisher = (): ChildProcess => {
    const child = start('publisher', (line) => void stored.add(Number(line)))
    child.send(Array.from({ length: events }, (_, n) => n).filter((n) => !stored.has(n)))
    return child
  }
  const startListener = (): ChildProcess =>
    start('listener', (line) => {
      if (line === 'READY') return
      const [n, id, request] = line.split(' ')
      if (id !== idOf(Number(n)) || request !== id) strange.push(line)
      received += 1
      arrivals[Number(n)]! += 1
      if (arrivals[Number(n)] === 1) distinct += 1
    })
  let publisher = startPublisher()
  let listener = startListener()
  t.after(() => {
    publisher.kill('SIGKILL')
    listener.kill('SIGKILL')
  })

  /** What it said before it died has been read. */
  const kill = async (child: ChildProcess): Promise<void> => {
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await ended
  }
  const kinds: Readonly<Record<string, () => Promise<void> | void>> = {
    publisher: async () => {
      await kill(publisher)
      publisher = startPublisher()
    },
    listener: async () => {
      await kill(listener)
      listener = startListener()
    },
    connections: () => proxy.cut(),
    ...(plan.restart ? { intermediary: plan.restart } : {}),
  }
  const names = Object.keys(kinds)

  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => {
      reject(new Error(`not over within ${LIMIT_MS} ms: ${stored.size} of ${events} stored, ${received} received`))
    }, LIMIT_MS)
    let nextBlow = between
    let striking = false
    const strike = async (): Promise<void> => {
      const name = names[random.below(names.length)] as string
      blows[name] = (blows[name] ?? 0) + 1
      await kinds[name]?.()
      striking = false
      change()
    }
    change = () => {
      if (striking) return
      if (stored.size >= nextBlow && nextBlow < events) {
        nextBlow += between
        striking = true
        strike().catch(reject)
      } else if (stored.size === events && distinct === events) {
        clearTimeout(limit)
        resolve()
      }
    }
    change()
  }).finally(() => {
    change = () => {}
  })
  return { blows, duplicates: received - distinct, strange }
}

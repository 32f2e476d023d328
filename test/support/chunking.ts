// TCP cuts a stream wherever it likes. A recorded conversation that comes in two chunks, cut at any byte, or byte by byte, or in
// chunks of any sizes, has the same effect and the same answers as one that comes frame by frame.

import assert from 'node:assert/strict'
import type { ListenOptions } from '../../src/amqp/options.ts'
import { bodyOf, nextTurn } from './amqp-fixtures.ts'
import { bytesOf, type Conversation, type Party } from './conversations.ts'
import { clientOptions, framesByStep } from './fuzz-ends.ts'
import { acceptOver, connectOver } from './memory-connection.ts'
import { MemorySocket } from './memory-socket.ts'
import { PuppetClient } from './puppet-client.ts'
import { Random } from './random.ts'
import { WireLog } from './wire-log.ts'

/** Where the next chunk ends, for the place at which this one begins; `turn`: the event loop turns before it comes. */
type Cutter = (from: number) => { readonly to: number; readonly turn: boolean }

const whole: Cutter = () => ({ to: Number.POSITIVE_INFINITY, turn: false })

interface Effect {
  readonly log: WireLog
  readonly bytes: Buffer
  readonly events: readonly string[]
}

/** Feeds what that party said to an end of ours, in the chunks that `cut` makes of each step. */
async function effectOf(conversation: Conversation, from: Party, cut: Cutter): Promise<Effect> {
  const log = new WireLog()
  const written: Buffer[] = []
  const socket = new MemorySocket((chunk) => {
    written.push(chunk)
    log.push(chunk)
  })
  const { events, act, gone } = from === 'client' ? listening(socket) : asking(socket, conversation)
  let at = 0
  for (const [n, step] of conversation.steps.entries()) {
    act(n)
    if (step.from === from) at = await feed(socket, Buffer.concat(step.units), at, cut)
    await nextTurn()
    await nextTurn()
  }
  socket.feedEnd()
  await gone
  return { log, bytes: Buffer.concat(written), events }
}

async function feed(socket: MemorySocket, bytes: Buffer, start: number, cut: Cutter): Promise<number> {
  for (let from = 0; from < bytes.length; ) {
    const { to, turn } = cut(start + from)
    const end = Math.min(bytes.length, Math.max(from + 1, to - start))
    socket.feed(bytes.subarray(from, end))
    if (turn) await nextTurn()
    from = end
  }
  return start + bytes.length
}

interface End {
  readonly events: string[]
  readonly act: (step: number) => void
  readonly gone: Promise<unknown>
}

const SASL: ListenOptions['sasl'] = { mechanisms: ['PLAIN', 'ANONYMOUS'], required: false, authenticate: () => true }

function listening(socket: MemorySocket): End {
  const events: string[] = []
  const connection = acceptOver(socket, {
    containerId: 'listener',
    sasl: SASL,
    onConnection: ({ username, remote }) => events.push(`open ${username} ${remote.containerId}`),
    onLink: (request) => {
      const onClosed = (): void => void events.push(`${request.name} closed`)
      events.push(`${request.name} attached`)
      if (request.role === 'receiver') {
        const sender = request.acceptSender({ onClosed, source: { ...request.source, address: 'made' } })
        for (const text of ['one', 'x'.repeat(1500)])
          sender.submit(
            bodyOf(text),
            { settled: false },
            {
              onOutcome: (outcome) => events.push(`${request.name} sent: ${outcome?.type}`),
              onFailed: ({ origin }) => events.push(`${request.name} failed: ${origin}`),
            },
          )
        return
      }
      request.acceptReceiver({
        onClosed,
        creditWindow: 8,
        onDelivery: (delivery) => {
          events.push(`${request.name} received ${delivery.payload.toString('hex')} ${delivery.settled}`)
          delivery.accept()
        },
      })
    },
  })
  return { events, act: () => {}, gone: connection.closed }
}

function asking(socket: MemorySocket, conversation: Conversation): End {
  const { connection, opened } = connectOver(socket, clientOptions(conversation))
  const puppet = new PuppetClient(opened, 600_000)
  const frames = framesByStep(conversation)
  const act = (step: number): void => {
    for (const frame of frames.get(step) ?? []) puppet.act(frame)
  }
  return { events: puppet.events, act, gone: connection.closed.then(() => Promise.all(puppet.trace.promises)) }
}

/**
 * What does not depend on what came in which turn: of each link what it sent, of each delivery what we said of it. (Not which
 * numbers our deliveries got, and so not what became of them: the recorded peer settles by number.)
 */
function answersOf(log: WireLog): Record<string, unknown[]> {
  const answers: Record<string, unknown[]> = {}
  const note = (key: string, value: unknown): void => {
    answers[key] ??= []
    answers[key].push(value)
  }
  for (const { frame, channel, payload } of log.frames) {
    if (frame?.type === 'transfer') note(`${channel}/${frame.handle} transferred`, payload.toString('hex'))
    else if (frame?.type === 'attach' || frame?.type === 'detach') note(`${channel}/${frame.handle}`, frame)
    else if (frame?.type === 'disposition' && frame.role)
      for (let id = frame.first; id <= (frame.last ?? frame.first); id++)
        note(`${channel} settled`, [id, frame.settled, frame.state])
    else if (frame && frame.type !== 'flow' && frame.type !== 'disposition') note(`${channel}`, frame)
  }
  return answers
}

const arrived = (events: readonly string[]): string[] =>
  events.filter((event) => !/ (sent|failed)\b/.test(event)).sort()

/** Cuts in two at every `stride`th byte, then byte by byte, then at random. */
export async function checkChunks(
  conversation: Conversation,
  party: Party,
  stride: number,
  seed: number,
): Promise<void> {
  const expected = await effectOf(conversation, party, whole)
  assert(expected.events.length > 0)
  const { length } = bytesOf(conversation, party)
  for (let at = 1; at < length; at += stride) {
    const cut: Cutter = (from) => ({ to: from < at ? at : Number.POSITIVE_INFINITY, turn: false })
    const { bytes, events } = await effectOf(conversation, party, cut)
    assert.deepEqual(events, expected.events, `cut at ${at}`)
    assert(bytes.equals(expected.bytes), `other answers when it is cut at ${at}`)
  }
  const bytewise = await effectOf(conversation, party, (from) => ({ to: from + 1, turn: false }))
  assert.deepEqual(bytewise.events, expected.events)
  assert(bytewise.bytes.equals(expected.bytes), 'other answers byte by byte')
  const random = new Random(seed)
  for (let n = 0; n < 20; n++) {
    const most = random.pick([3, 20, 100, 1_000])
    const cut: Cutter = (from) => ({ to: from + random.between(1, most), turn: random.chance(0.2) })
    const { log, events } = await effectOf(conversation, party, cut)
    assert.deepEqual(arrived(events), arrived(expected.events))
    assert.deepEqual(answersOf(log), answersOf(expected.log))
  }
}

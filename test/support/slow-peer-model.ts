// Senders whose peer reads when it likes and opens the session's window bit by bit: every message arrives whole, in the order of its
// link, every submission is reported once, and no more is encoded ahead than a bound.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Connection } from '../../src/amqp/connection.ts'
import { LIMIT_DEFAULTS } from '../../src/amqp/limits.ts'
import type { Sender } from '../../src/amqp/sender.ts'
import { creditFor, nextTurn, Reported } from './amqp-fixtures.ts'
import { MemoryPeer } from './memory-peer.ts'
import { brokenRules } from './wire-rules.ts'

const LINKS = 3
const FRAME = 16_384

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      link: fc.nat(LINKS - 1),
      size: fc.oneof(fc.nat(500), fc.nat(150_000)),
      settled: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hold' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('window' as const), frames: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
)
const row = fc.array(action, { maxLength: 60, size: 'max' })

type Action = typeof row extends fc.Arbitrary<(infer T)[]> ? T : never

interface Sent {
  readonly link: number
  readonly payload: Buffer
  readonly told: Reported
  readonly settled: boolean
}

class Run {
  readonly peer = new MemoryPeer()
  readonly senders: Sender[] = []
  readonly sent: Sent[] = []
  connection!: Connection
  #window = 10

  async start(): Promise<void> {
    const { peer } = this
    this.connection = await peer.open({}, { maxFrameSize: FRAME })
    const begin = { nextOutgoingId: 0, incomingWindow: this.#window, outgoingWindow: 10 }
    const session = await peer.begin(this.connection, begin)
    for (let n = 0; n < LINKS; n++) {
      const sender = await peer.attach(session.attachSender({ name: `link ${n}`, address: 'q' }), 0)
      peer.send(creditFor(sender.handle, 1_000, { incomingWindow: this.#window }))
      this.senders.push(sender)
    }
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case 'submit':
        return this.#submit(action.link, action.size, action.settled)
      case 'hold':
        return this.peer.socket.hold()
      case 'release':
        return this.peer.socket.release()
      case 'window':
        return this.open(action.frames)
      default:
        await nextTurn()
    }
  }

  /** The window counts from 0, so that it needs no knowledge of what is on its way. */
  open(frames: number): void {
    this.#window += frames
    const window = { nextIncomingId: 0, incomingWindow: this.#window, nextOutgoingId: 0, outgoingWindow: 10 }
    this.peer.send({ type: 'flow', ...window })
  }

  get encodedAhead(): number {
    return this.connection.output.encoder.length + this.peer.socket.writableLength
  }

  #submit(link: number, size: number, settled: boolean): void {
    const told = new Reported()
    const payload = Buffer.alloc(size, this.sent.length)
    this.sent.push({ link, payload, told, settled })
    this.senders[link]?.submit(payload, { settled }, told)
  }
}

/** Runs so many rows of actions; throws with the shortest row that breaks a rule. */
export async function checkSlowPeers(runs: number, seed: number): Promise<void> {
  const property = fc.asyncProperty(row, async (actions) => {
    const run = new Run()
    await run.start()
    for (const action of actions) {
      await run.act(action)
      assert(run.encodedAhead <= LIMIT_DEFAULTS.sendBuffer + FRAME, `${run.encodedAhead} bytes are encoded ahead`)
    }
    const { peer, senders, sent, connection } = run
    peer.socket.release()
    run.open(100_000)
    while (senders.some(({ queued }) => queued > 0)) await nextTurn()
    for (let n = 0; n < 3; n++) await nextTurn()
    peer.send({ type: 'disposition', role: true, first: 0, last: 1_000, settled: true, state: { type: 'accepted' } })
    checkArrived(peer, senders, sent)
    for (const { told, settled } of sent) assert.deepEqual(told.calls, settled ? ['sent'] : ['sent', 'accepted'])
    connection.abort(new Error('the run is over'))
    await connection.closed
    assert.deepEqual(brokenRules(peer.log, { maxFrameSize: FRAME }), [])
  })
  await fc.assert(property, { numRuns: runs, seed })
}

function checkArrived(peer: MemoryPeer, senders: readonly Sender[], sent: readonly Sent[]): void {
  for (const [n, { handle }] of senders.entries()) {
    const messages: Buffer[] = []
    let parts: Buffer[] = []
    for (const { frame, payload } of peer.log.frames) {
      if (frame?.type !== 'transfer' || frame.handle !== handle) continue
      parts.push(payload)
      if (frame.more) continue
      messages.push(Buffer.concat(parts))
      parts = []
    }
    const expected = sent.filter(({ link }) => link === n).map(({ payload }) => payload)
    assert.equal(messages.length, expected.length)
    for (const [at, payload] of expected.entries()) assert(payload.equals(messages[at] as Buffer), `message ${at}`)
  }
}

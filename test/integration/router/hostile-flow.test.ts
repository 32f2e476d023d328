// Credit, transfers and settlements without measure. Each attack stands while a pair calls through the same router (Siege): none of its
// calls fails, and what the attack took comes back.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bodyOf } from '../../support/amqp-fixtures.ts'
import { frameBytes, type Scripted, type ScriptedPeer } from '../../support/scripted-peer.ts'
import { type Siege, useSiege } from '../../support/siege.ts'

const MAX = 0xffffffff
const HALF = 0x7fffffff

const flow = (fields: Record<string, unknown> = {}): Scripted => ({
  type: 'flow',
  nextIncomingId: 0,
  incomingWindow: HALF,
  nextOutgoingId: 0,
  outgoingWindow: HALF,
  ...fields,
})

const credit = (handle: number, linkCredit: number, more: Record<string, unknown> = {}): Scripted =>
  flow({ handle, deliveryCount: 0, linkCredit, ...more })

const transfer = (handle: number, deliveryId: number, settled = false): Scripted => ({
  type: 'transfer',
  handle,
  deliveryId,
  deliveryTag: Buffer.from(String(deliveryId)),
  settled,
})

const BODY = bodyOf('x'.repeat(100))

const besieged = useSiege()

describe('a router under a peer that', () => {
  for (const settled of [false, true])
    it(`sends all that it may, ${settled ? 'settled' : 'unsettled'}, to one that settles nothing`, async (t) => {
      const { siege } = besieged
      await siege.withstands(t, async () => {
        for (let n = 0; n < 10; n++) {
          const address = `hoard.${settled}.${n}`
          await consumer(siege, address, MAX)
          const peer = await producer(siege, address)
          await sendAll(peer, 5_000, settled)
        }
      })
    })

  it('sends all that it may, and more', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      for (let n = 0; n < 20; n++) {
        await consumer(siege, `beyond.${n}`, 1)
        const peer = await producer(siege, `beyond.${n}`)
        await peer.expectLater('flow')
        peer.sendRaw(Buffer.concat(Array.from({ length: 1_000 }, (_, id) => frameBytes(transfer(0, id), BODY))))
        const { error } = await peer.expectLater('detach')
        assert.equal(error?.condition, 'amqp:link:transfer-limit-exceeded')
      }
    })
  })

  for (const address of ['unread', 'broadcast.unread'])
    it(`takes messages and never reads, from ${address}`, async (t) => {
      const { siege } = besieged
      await siege.withstands(t, async () => {
        for (let n = 0; n < 4; n++) {
          const reader = await consumer(siege, `${address}.${n}`, MAX)
          reader.socket.pause()
          const peer = await producer(siege, `${address}.${n}`)
          await sendLarge(peer, 200)
        }
      })
    })

  it('sends and never reads', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const reader = await consumer(siege, 'deaf', MAX)
      reader.socket.resume()
      const peer = await producer(siege, 'deaf')
      peer.socket.pause()
      for (let n = 0; n < 20_000; n++) peer.send(flow({ echo: true }))
      for (let n = 0; n < 5_000; n++) peer.send({ type: 'detach', handle: 99 })
    })
  })

  it('says what became of everything', async (t) => {
    const { siege } = besieged
    const everything = [
      { role: true, first: 0, last: HALF - 1, settled: true, state: { type: 'accepted' } },
      { role: true, first: HALF, last: MAX - 1, settled: true },
      {
        role: true,
        first: 0,
        last: HALF - 1,
        settled: false,
        state: { type: 'received', sectionNumber: 0, sectionOffset: 0 },
      },
      { role: false, first: 0, last: HALF - 1, settled: true, state: { type: 'released' } },
      { role: true, first: 5, settled: true, state: { type: 'rejected', error: { condition: 'x:y' } } },
    ]
    await siege.withstands(t, async () => {
      const address = 'everything'
      const reader = await consumer(siege, address, MAX)
      const peer = await producer(siege, address)
      await sendAll(peer, 200, false)
      for (const one of [reader, peer]) {
        const all = Buffer.concat(everything.map((frame) => frameBytes({ type: 'disposition', ...frame })))
        for (let n = 0; n < 5_000; n++) one.sendRaw(all)
        await workedOff(one)
      }
    })
  })

  it('gives credit one by one, takes it back, and asks for echoes', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const address = 'stingy'
      const reader = await consumer(siege, address, 0)
      for (let n = 0; n < 20; n++) await producer(siege, address)
      const round = Buffer.concat([1, 0, 1, MAX, 0, 5, 0].map((value) => frameBytes(credit(0, value, { echo: true }))))
      for (let n = 0; n < 4_000; n++) reader.sendRaw(round)
      await workedOff(reader)
    })
  })

  it('drains without end', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const reader = await consumer(siege, 'drained', 0)
      for (let n = 0; n < 20_000; n++) reader.send(credit(0, 100, { drain: true }))
      for (let n = 0; n < 20_000; n++) reader.send(credit(0, MAX, { drain: n % 2 === 0, deliveryCount: n * 100_000 }))
      await workedOff(reader)
    })
  })

  it('has thousands of links without credit on the address of the pair', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let handle = 0; handle < 4_000; handle++)
        peer.send({
          type: 'attach',
          name: `idle ${handle}`,
          handle,
          role: true,
          source: { address: siege.rpcAddress },
          target: {},
        })
      await workedOff(peer)
    })
  })

  it('sends the server of the pair what is no request', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await producer(siege, siege.rpcAddress)
      await sendAll(peer, 5_000, false)
      const settled = await producer(siege, siege.rpcAddress)
      await sendAll(settled, 5_000, true)
    })
  })

  it('guesses addresses that were made for others', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let handle = 0; handle < 4_000; handle++) {
        const guess = { address: `amqp:/_topo/0/router/temp.${handle}` }
        const role = handle % 2 === 0
        const termini = role ? { source: guess, target: {} } : { source: {}, target: guess, initialDeliveryCount: 0 }
        peer.send({ type: 'attach', name: `g${handle}`, handle, role, ...termini })
      }
      for (let handle = 0; handle < 4_000; handle++) {
        const { error } = await peer.expectLater('detach')
        assert.equal(error?.condition, 'amqp:not-found')
      }
    })
  })
})

/** Receives from the address, with this credit, and says nothing of what it gets. */
async function consumer(siege: Siege, address: string, linkCredit: number): Promise<ScriptedPeer> {
  const peer = await siege.attacker()
  peer.send({ type: 'attach', name: 'down', handle: 0, role: true, source: { address }, target: {} })
  await peer.expect('attach')
  peer.send(credit(0, linkCredit))
  return peer
}

/** Attached to send to the address; credit may be there or come. */
async function producer(siege: Siege, address: string): Promise<ScriptedPeer> {
  const peer = await siege.attacker()
  peer.send({
    type: 'attach',
    name: 'up',
    handle: 0,
    role: false,
    source: {},
    target: { address },
    initialDeliveryCount: 0,
  })
  await peer.expect('attach')
  return peer
}

/** As many as there is credit for, up to `count`, until the router gives no more. */
async function sendAll(peer: ScriptedPeer, count: number, settled: boolean): Promise<void> {
  let sent = 0
  while (sent < count) {
    const granted = await grantedBy(peer)
    if (granted <= sent) return
    const until = Math.min(granted, count)
    const frames: Buffer[] = []
    for (; sent < until; sent++) frames.push(frameBytes(transfer(0, sent, settled), BODY))
    peer.sendRaw(Buffer.concat(frames))
  }
}

/** The count of deliveries up to which the router lets it send now: what it says when it is asked. */
async function grantedBy(peer: ScriptedPeer): Promise<number> {
  peer.send(flow({ handle: 0, deliveryCount: undefined, linkCredit: undefined, echo: true }))
  const { deliveryCount = 0, linkCredit = 0 } = await peer.expectLater('flow')
  return deliveryCount + linkCredit
}

/** Messages of 64 KiB, as far as the credit goes. */
async function sendLarge(peer: ScriptedPeer, count: number): Promise<void> {
  const payload = bodyOf('x'.repeat(60_000))
  const granted = Math.min(count, await grantedBy(peer))
  for (let id = 0; id < granted; id++) peer.send(transfer(0, id, true), payload)
  await workedOff(peer)
}

async function workedOff(peer: ScriptedPeer): Promise<void> {
  peer.send(flow({ echo: true }))
  await peer.expectLaterOrEnd('flow')
}

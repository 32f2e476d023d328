// Attacks that cost their peer little and the router much: thousands of links that all have to be looked at, copied to or told, and
// memory that is held for somebody who is gone. Each attack stands while a pair calls through the same router (Siege).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from '../../../src/amqp/index.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { encodeMessage } from '../../../src/codec/sections.ts'
import { bodyOf } from '../../support/amqp-fixtures.ts'
import { frameBytes, type Scripted, type ScriptedPeer } from '../../support/scripted-peer.ts'
import { type Siege, useSiege } from '../../support/siege.ts'

const MAX = 0xffffffff
const HALF = 0x7fffffff
const MIB = 2 ** 20

const flow = (fields: Record<string, unknown> = {}): Scripted => ({
  type: 'flow',
  nextIncomingId: 0,
  incomingWindow: HALF,
  nextOutgoingId: 0,
  outgoingWindow: HALF,
  ...fields,
})

const credit = (handle: number, linkCredit: number): Scripted => flow({ handle, deliveryCount: 0, linkCredit })

const sendTo = (address: string, handle: number): Scripted => ({
  type: 'attach',
  name: `up ${handle}`,
  handle,
  role: false,
  source: {},
  target: { address },
  initialDeliveryCount: 0,
})

const receiveFrom = (address: string, handle: number): Scripted => ({
  type: 'attach',
  name: `down ${handle}`,
  handle,
  role: true,
  source: { address },
  target: {},
})

const detach = (handle: number): Scripted => ({ type: 'detach', handle, closed: true })

const accepted = (last: number): Scripted => ({
  type: 'disposition',
  role: true,
  first: 0,
  last,
  settled: true,
  state: { type: 'accepted' },
})

const transfer = (handle: number, deliveryId: number, settled: boolean): Scripted => ({
  type: 'transfer',
  handle,
  deliveryId,
  deliveryTag: Buffer.from(String(deliveryId)),
  settled,
})

const besieged = useSiege({ maxUnsettledBytes: 32 * MIB, queues: { maxTotalBytes: 32 * MIB } })

describe('a router under', () => {
  it('thousands of senders that leave one by one what nobody takes', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const reader = await receiver(siege, 'left', MAX)
      reader.socket.pause()
      const senders = await Promise.all([crowd(siege, 'left', 4_000), crowd(siege, 'left', 4_000)])
      for (const peer of senders) await sendOnAll(peer, 4_000, 10)
      reader.socket.destroy()
      await Promise.all(senders.map((peer) => detachAll(peer, 4_000)))
    })
  })

  it('a receiver that comes and goes, of which thousands of senders are told', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const senders = [await crowd(siege, 'fickle', 4_000), await crowd(siege, 'fickle', 4_000)]
      for (const { socket } of senders) socket.resume()
      const peer = await siege.attacker()
      const cycle = Buffer.concat([receiveFrom('fickle', 0), credit(0, 1), detach(0)].map((frame) => frameBytes(frame)))
      for (let n = 0; n < 2_000; n++) peer.sendRaw(cycle)
      await workedOff(peer)
    })
  })

  it('thousands of senders to a queue', async (t) => {
    const { siege } = besieged
    const queue = 'openstack.org/om/notify/anycast/crowded.error'
    await siege.withstands(t, async () => {
      const senders = [await crowd(siege, queue, 4_000), await crowd(siege, queue, 4_000)]
      for (const peer of senders) await sendOnAll(peer, 4_000)
      await takeAll(await receiver(siege, queue, MAX), 8_000)
      for (const peer of senders) await detachAll(peer, 4_000)
    })
  })

  it('queues that are filled as far as they may be', async (t) => {
    const { siege } = besieged
    const queues = Array.from({ length: 60 }, (_, n) => `openstack.org/om/notify/anycast/filled.${n}.info`)
    await siege.withstands(t, async () => {
      const before = await siege.holding()
      for (const queue of queues) await sendAll(await sender(siege, queue), 2_000, false, 3_000)
      const { bytes, counters } = await siege.holding()
      assert.ok((counters.storedBytes ?? 0) > 16 * MIB, `${counters.storedBytes} bytes stored`)
      assert.ok(bytes - before.bytes < 96 * MIB, `${bytes - before.bytes} bytes held`)
      const reader = await siege.attacker()
      for (const [handle, queue] of queues.entries()) {
        reader.send(receiveFrom(queue, handle))
        reader.send(credit(handle, MAX))
      }
      await takeAll(reader, counters.stored ?? 0)
    })
  })

  it('thousands of subscribers without credit, and one that has some', async (t) => {
    const { siege } = besieged
    await siege.withstands(
      t,
      async () => {
        const subscribers = await siege.attacker()
        for (let handle = 0; handle < 4_000; handle++) subscribers.send(receiveFrom('broadcast.all', handle))
        await workedOff(subscribers)
        const one = await receiver(siege, 'broadcast.all', MAX)
        one.socket.resume()
        for (let n = 0; n < 4; n++) await sendAll(await sender(siege, 'broadcast.all'), 500, n % 2 === 0)
      },
      64 * MIB,
    )
  })

  it('large messages that nobody takes', async (t) => {
    const { siege } = besieged
    const payload = bodyOf('x'.repeat(8 * MIB))
    await siege.withstands(
      t,
      async () => {
        const reader = await receiver(siege, 'large', MAX)
        reader.socket.pause()
        const peer = await sender(siege, 'large')
        await peer.expectLater('flow')
        for (let id = 0; id < 40; id++) sendInFrames(peer, transfer(0, id, id % 2 === 0), payload)
        await workedOff(peer)
      },
      128 * MIB, // a message in several frames may be in memory of twice its size
    )
  })

  it('senders that leave while a receiver settles nothing', async (t) => {
    const { siege } = besieged
    await siege.withstands(
      t,
      async () => {
        const reader = await receiver(siege, 'kept', MAX)
        reader.socket.resume()
        for (let n = 0; n < 20; n++) {
          const peer = await sender(siege, 'kept')
          await sendAll(peer, 250, false, 60_000)
          peer.send({ type: 'close' })
          await peer.expectLater('close')
        }
      },
      64 * MIB,
    )
  })

  it('senders to any address that leave what nobody takes', async (t) => {
    const { siege } = besieged
    const body = bytesOf({ properties: { to: 'orphaned' }, body: { type: 'value', value: 'x'.repeat(60_000) } })
    await siege.withstands(
      t,
      async () => {
        await receiver(siege, 'orphaned', 0)
        for (let n = 0; n < 10; n++) {
          const peer = await siege.attacker()
          peer.send({ ...sendTo('', 0), target: {} })
          await peer.expectLater('flow')
          for (let id = 0; id < 250; id++) peer.send(transfer(0, id, n % 2 === 0), body)
          peer.send({ type: 'close' })
          await peer.expectLater('close')
        }
      },
      96 * MIB,
    )
  })

  it('thousands of receivers on a session whose window opens by one frame at a time', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker({}, { incomingWindow: 0 })
      for (let handle = 0; handle < 2_000; handle++) {
        peer.send(receiveFrom(`narrow.${handle}`, handle))
        peer.send(flow({ incomingWindow: 0, handle, deliveryCount: 0, linkCredit: 10 }))
      }
      await workedOff(peer, { incomingWindow: 0 })
      const senders = await siege.attacker()
      for (let handle = 0; handle < 2_000; handle++) senders.send(sendTo(`narrow.${handle}`, handle))
      await workedOff(senders)
      for (let handle = 0; handle < 2_000; handle++) senders.send(transfer(handle, handle, false), bodyOf('x'))
      await workedOff(senders)
      for (let n = 0; n < 2_000; n++) await workedOff(peer, { nextIncomingId: 0, incomingWindow: n + 1 })
    })
  })

  it('maps of numbers that all have one hash', async (t) => {
    const { siege } = besieged
    const numbers = new Map(sameHash(10_000).map((key) => [key, null]))
    const attach = frameBytes({ ...sendTo('x', 0), properties: new Map([['numbers', numbers]]) })
    await siege.withstands(t, async () => {
      for (let n = 0; n < 50; n++) {
        const peer = await siege.attacker()
        peer.sendRaw(attach)
        await peer.expectLater('close')
      }
    })
  })
})

async function receiver(siege: Siege, address: string, linkCredit: number): Promise<ScriptedPeer> {
  const peer = await siege.attacker()
  peer.send(receiveFrom(address, 0))
  await peer.expect('attach')
  peer.send(credit(0, linkCredit))
  return peer
}

async function sender(siege: Siege, address: string): Promise<ScriptedPeer> {
  const peer = await siege.attacker()
  peer.send(sendTo(address, 0))
  await peer.expect('attach')
  return peer
}

/** So many senders to one address, on one connection. */
async function crowd(siege: Siege, address: string, count: number): Promise<ScriptedPeer> {
  const peer = await siege.attacker()
  for (let handle = 0; handle < count; handle++) peer.send(sendTo(address, handle))
  await workedOff(peer)
  return peer
}

function bytesOf(message: Message): Buffer {
  const encoder = new Encoder(256)
  encodeMessage(encoder, message)
  return encoder.take()
}

async function detachAll(peer: ScriptedPeer, links: number): Promise<void> {
  for (let handle = 0; handle < links; handle++) peer.send(detach(handle))
  await workedOff(peer)
}

/** Accepts so many messages, a thousand at a time. */
async function takeAll(peer: ScriptedPeer, count: number): Promise<void> {
  for (let taken = 1; taken <= count; taken++) {
    const { deliveryId = 0 } = await peer.expectLater('transfer')
    if (taken % 1_000 === 0 || taken === count) peer.send(accepted(deliveryId))
  }
}

/** As many messages on each link. */
async function sendOnAll(peer: ScriptedPeer, links: number, each = 1): Promise<void> {
  const body = bodyOf('x')
  for (let id = 0; id < links * each; id++) peer.send(transfer(id % links, id, id >= links), body)
  await workedOff(peer)
}

/** As many as there is credit for, up to `count`, until the router gives no more. */
async function sendAll(peer: ScriptedPeer, count: number, settled: boolean, size = 10): Promise<void> {
  const body = bodyOf('x'.repeat(size))
  for (let sent = 0; sent < count; ) {
    peer.send(flow({ handle: 0, echo: true }))
    const { deliveryCount = 0, linkCredit = 0 } = await peer.expectLater('flow')
    const granted = Math.min(count, deliveryCount + linkCredit)
    if (granted <= sent) return
    for (; sent < granted; sent++) peer.send(transfer(0, sent, settled), body)
  }
}

function sendInFrames(peer: ScriptedPeer, frame: Scripted, payload: Buffer): void {
  const size = 60_000
  for (let at = 0; at < payload.length; at += size) {
    const more = at + size < payload.length
    peer.send({ ...frame, more }, payload.subarray(at, at + size))
  }
}

async function workedOff(peer: ScriptedPeer, fields: Record<string, unknown> = {}): Promise<void> {
  peer.send(flow({ echo: true, ...fields }))
  await peer.expectLaterOrEnd('flow')
}

/** Numbers whose places in V8's tables of up to 16 384 entries are one: its hash of small numbers is known. */
function sameHash(count: number): number[] {
  const found: number[] = []
  for (let key = 0; found.length < count; key++) if ((hashOf(key) & 0x3fff) === 0) found.push(key)
  return found
}

function hashOf(key: number): number {
  let hash = (~key + (key << 15)) >>> 0
  hash = (hash ^ (hash >>> 12)) >>> 0
  hash = (hash + (hash << 2)) >>> 0
  hash = (hash ^ (hash >>> 4)) >>> 0
  hash = Math.imul(hash, 2057) >>> 0
  return (hash ^ (hash >>> 16)) >>> 0
}

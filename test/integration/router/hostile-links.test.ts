// Sessions, links, names and addresses without end. Each attack stands while a pair calls through the same router (Siege): none of
// its calls fails, and what the attack took comes back.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { frameBytes, type Scripted, type ScriptedPeer } from '../../support/scripted-peer.ts'
import { useSiege } from '../../support/siege.ts'

const BEGIN = { type: 'begin', nextOutgoingId: 0, incomingWindow: 1000, outgoingWindow: 1000 } as const

const sendTo = (address: string, handle: number, more: Record<string, unknown> = {}): Scripted => ({
  type: 'attach',
  name: `up ${address} ${handle}`,
  handle,
  role: false,
  source: {},
  target: { address },
  initialDeliveryCount: 0,
  ...more,
})

const receiveFrom = (address: string, handle: number, more: Record<string, unknown> = {}): Scripted => ({
  type: 'attach',
  name: `down ${address} ${handle}`,
  handle,
  role: true,
  source: { address },
  target: {},
  ...more,
})

const flow = (fields: Record<string, unknown> = {}): Scripted => ({
  type: 'flow',
  nextIncomingId: 0,
  incomingWindow: 0x7fffffff,
  nextOutgoingId: 0,
  outgoingWindow: 0x7fffffff,
  ...fields,
})

/** Resolves when the router has worked off all that the peer has sent, or has had enough of it. */
async function workedOff(peer: ScriptedPeer): Promise<void> {
  peer.send(flow({ echo: true }))
  await peer.expectLaterOrEnd('flow')
}

/** One byte each on the wire, and much more in memory. */
const EMPTIES = new Map([['much', Array.from({ length: 1_000 }, () => [])]])

const besieged = useSiege()

describe('a router under a peer that', () => {
  it('begins all the sessions that there can be', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let channel = 1; channel < 4_096; channel++) peer.send(BEGIN, undefined, channel)
      await workedOff(peer)
      peer.send(BEGIN, undefined, 4_096)
      assert.equal((await peer.expectLater('close')).error?.condition, 'amqp:connection:framing-error')
    })
  })

  it('attaches all the links that there can be, to one address and to many', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let channel = 0; channel < 5; channel++) attachAll(peer, channel)
      await workedOff(peer)
    })
  })

  it('attaches and detaches without end', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      const round = Buffer.concat(
        [0, 1, 2, 3].flatMap((n) => [
          frameBytes(n % 2 === 0 ? sendTo('x', n) : receiveFrom('x', n)),
          frameBytes({ type: 'detach', handle: n, closed: true }),
        ]),
      )
      for (let n = 0; n < 5_000; n++) peer.sendRaw(round)
      await workedOff(peer)
    })
  })

  it('is refused, and never answers it', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let handle = 0; handle < 4_000; handle++) peer.send(sendTo('amqp:/_topo/0/other/temp.x', handle))
      await workedOff(peer)
    })
  })

  it('uses names and addresses as long as they may be', async (t) => {
    const { siege } = besieged
    const long = 'x'.repeat(8_150)
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let handle = 0; handle < 2_000; handle++)
        peer.send(sendTo(`${long}.${handle}`, handle, { name: `${handle}` }))
      for (let handle = 2_000; handle < 4_000; handle++) peer.send(sendTo('x', handle, { name: `${long}.${handle}` }))
      await workedOff(peer)
    })
  })

  it('uses names and addresses that are too long', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let handle = 0; handle < 1_000; handle++) peer.send(sendTo('y'.repeat(30_000 + handle), handle))
      for (let handle = 1_000; handle < 2_000; handle++)
        peer.send(sendTo('x', handle, { name: 'n'.repeat(30_000 + handle) }))
      await workedOff(peer)
    })
  })

  it('has much to say about each of its links', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let handle = 0; handle < 1_000; handle++) peer.send(sendTo('x', handle, { properties: EMPTIES }))
      await workedOff(peer)
    })
  })

  it('has much to say about links that are refused', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let handle = 0; handle < 1_000; handle++)
        peer.send(receiveFrom('$management', handle, { properties: EMPTIES }))
      await workedOff(peer)
    })
  })

  it('has much to say about each of its sessions', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      for (let channel = 1; channel < 1_000; channel++) peer.send({ ...BEGIN, properties: EMPTIES }, undefined, channel)
      await workedOff(peer)
    })
  })
})

/** All the links of one session, of both roles. */
function attachAll(peer: ScriptedPeer, channel: number): void {
  if (channel > 0) peer.send(BEGIN, undefined, channel)
  for (let handle = 0; handle < 4_096; handle++) {
    const address = handle % 2 === 0 ? `a.${channel}.${handle}` : 'the same'
    peer.send(handle % 4 < 2 ? sendTo(address, handle) : receiveFrom(address, handle), undefined, channel)
  }
}

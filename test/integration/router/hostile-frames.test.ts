// What is no AMQP, or hardly: half a handshake, garbage, frames that lie about themselves. Each attack stands while a pair calls
// through the same router (Siege): none of its calls fails, and what the attack took comes back.

import { once } from 'node:events'
import { describe, it } from 'node:test'
import { frameBytes, headerBytes, type Scripted, type ScriptedPeer } from '../../support/scripted-peer.ts'
import { useSiege } from '../../support/siege.ts'

const OPEN = { type: 'open', containerId: 'hostile' } as const
const BEGIN = { type: 'begin', nextOutgoingId: 0, incomingWindow: 1000, outgoingWindow: 1000 } as const
const ATTACH = {
  type: 'attach',
  name: 'up',
  handle: 0,
  role: false,
  source: {},
  target: { address: 'q' },
  initialDeliveryCount: 0,
} as const
const OPENING = Buffer.concat([headerBytes(), frameBytes(OPEN), frameBytes(BEGIN), frameBytes(ATTACH)])

/** A frame with this body, whatever it is. */
function rawFrame(body: Uint8Array, channel = 0): Buffer {
  const frame = Buffer.alloc(8 + body.length)
  frame.writeUInt32BE(frame.length)
  frame[4] = 2
  frame.writeUInt16BE(channel, 6)
  frame.set(body, 8)
  return frame
}

const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]

const besieged = useSiege()

describe('a router under connections that', () => {
  it('never finish what they begin to say', async (t) => {
    const { siege } = besieged
    const beginnings = [
      [],
      [0x41],
      [0x41, 0x4d, 0x51, 0x50],
      [...headerBytes()],
      [...headerBytes(3)],
      [...OPENING.subarray(0, 30)],
    ]
    await siege.withstands(t, async () => {
      for (let n = 0; n < 300; n++) {
        const socket = await siege.dialRaw()
        socket.write(Buffer.from(beginnings[n % beginnings.length] as number[]))
      }
    })
  })

  it('send what is no AMQP', async (t) => {
    const { siege } = besieged
    const hello = Buffer.from('160301020001000001fc0303', 'hex')
    const noise = (seed: number): Buffer =>
      Buffer.from(Array.from({ length: 2000 }, (_, n) => (n * n * 31 + seed * 7919 + n) & 255))
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      hello,
      Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'),
      Buffer.from('AMQP\x03\x01\x00\x00\xff\xff\xff\xff', 'latin1'),
      noise(1),
      Buffer.concat([headerBytes(), noise(2)]),
      Buffer.concat([headerBytes(), frameBytes(OPEN), noise(3)]),
      Buffer.concat([headerBytes(3), noise(4)]),
    ]
    await siege.withstands(t, async () => {
      for (let n = 0; n < 400; n++) {
        const socket = await siege.dialRaw()
        const over = once(socket, 'close')
        socket.on('data', () => {})
        socket.write(garbage[n % garbage.length] as Buffer)
        socket.end()
        await over
      }
    })
  })

  it('come and go', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      for (let n = 0; n < 1_500; n++) {
        const socket = await siege.dialRaw()
        if (n % 3 === 0) socket.write(OPENING)
        if (n % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
      }
    })
  })
})

describe('a router under frames that', () => {
  /** Each on a connection of its own, which has to end for it. */
  const lies: Readonly<Record<string, Buffer>> = {
    'a size of 4 GiB': Buffer.from([0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0]),
    'a size of 0': Buffer.from([0, 0, 0, 0, 2, 0, 0, 0]),
    'a data offset beyond the frame': Buffer.from([0, 0, 0, 16, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    'a list of 4 G fields': rawFrame(Buffer.from([0, 0x53, 0x12, 0xd0, 0, 0, 0, 4, ...uint32(0xffffffff)])),
    'a list of 2 GiB': rawFrame(Buffer.from([0, 0x53, 0x12, 0xd0, ...uint32(0x7fffffff), 0, 0, 0, 1])),
    'a text of 2 GiB': rawFrame(Buffer.from([0, 0x53, 0x12, 0xc0, 7, 1, 0xb1, ...uint32(0x7fffffff)])),
    'an array of 4 G nulls': rawFrame(
      Buffer.from([0, 0x53, 0x10, 0xc0, 13, 1, 0xf0, 0, 0, 0, 5, ...uint32(0xffffffff), 0x40]),
    ),
    'a map with an odd count': rawFrame(
      Buffer.from([
        0, 0x53, 0x10, 0xc0, 20, 10, 0xa1, 0, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0xc1, 3, 3, 0x40, 0x40,
      ]),
    ),
    'lists within lists': rawFrame(
      Buffer.from([0, 0x53, 0x10, ...Array.from({ length: 9_000 }, () => [0xc0, 255, 1]).flat()]),
    ),
    'descriptors of descriptors': rawFrame(Buffer.alloc(9_000)),
  }

  it('lie about their sizes and counts', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      for (const [, lie] of Object.entries(lies)) {
        for (let n = 0; n < 20; n++) {
          const socket = await siege.dialRaw()
          const over = once(socket, 'end')
          socket.on('data', () => {})
          socket.write(Buffer.concat([OPENING, lie]))
          await over
          socket.destroy()
        }
      }
    })
  })

  it('belong to messages without end', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      for (let n = 0; n < 4; n++) await endless(await siege.attacker({ maxFrameSize: 65_536 }), `endless.${n}`)
    })
  })

  it('are empty, and as many as there can be', async (t) => {
    const { siege } = besieged
    await siege.withstands(t, async () => {
      const peer = await siege.attacker()
      const empty = Buffer.concat(Array.from({ length: 8_000 }, () => rawFrame(Buffer.alloc(0))))
      for (let n = 0; n < 50; n++) peer.sendRaw(empty)
      peer.send({ ...flow(undefined), echo: true })
      await peer.expectLater('flow')
    })
  })
})

/** Begins a message on each of 20 links, and goes on with all of them. */
async function endless(peer: ScriptedPeer, address: string): Promise<void> {
  const handles = Array.from({ length: 20 }, (_, handle) => handle)
  for (const handle of handles) {
    // A receiver of its own: without one there would be no credit.
    const there = `${address}.${handle}`
    peer.send({ type: 'attach', name: there, handle: 100 + handle, role: true, source: { address: there }, target: {} })
    peer.send({ ...flow(100 + handle), linkCredit: 10 })
    peer.send({ ...ATTACH, name: there, handle, target: { address: there } })
    await peer.expectLater('flow')
  }
  const part = { type: 'transfer', more: true } as const
  for (let round = 0; round < 40; round++) {
    const payload = Buffer.alloc(round % 2 === 0 ? 60_000 : 0)
    for (const handle of handles)
      peer.send({ ...part, handle, deliveryId: handle, deliveryTag: Buffer.of(handle) }, payload)
  }
  peer.send({ ...flow(undefined), echo: true })
  await peer.expectLater('flow')
}

function flow(handle: number | undefined): Scripted {
  const link = handle === undefined ? {} : { handle, deliveryCount: 0, linkCredit: 0 }
  return {
    type: 'flow',
    nextIncomingId: 0,
    incomingWindow: 0x7fffffff,
    nextOutgoingId: 0,
    outgoingWindow: 0x7fffffff,
    ...link,
  }
}

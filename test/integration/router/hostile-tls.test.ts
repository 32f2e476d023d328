// What is no TLS, or only the beginning of it, while a pair calls through the same router over TLS (Siege).

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { selfSigned } from '../../support/certificates.ts'
import { headerBytes } from '../../support/scripted-peer.ts'
import { Siege } from '../../support/siege.ts'

/** A ClientHello that breaks off, one of a version that there is no more, an alert, and a record that says it is large. */
const BROKEN = [
  Buffer.from('160301020001000001fc0303', 'hex'),
  Buffer.from('160300006f0100006b0300', 'hex'),
  Buffer.from('15030100020228', 'hex'),
  Buffer.from('170303ffff', 'hex'),
  Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  headerBytes(),
  Buffer.from(Array.from({ length: 3_000 }, (_, n) => (n * n * 31) & 255)),
]

describe('a router that speaks TLS, under connections that', () => {
  const folder = mkdtempSync(join(tmpdir(), 'omsg-siege-'))
  let siege: Siege
  let ca: string

  before(async () => {
    const { cert, key } = await selfSigned('localhost')
    const sslCaFile = join(folder, 'ca.pem')
    writeFileSync(sslCaFile, cert)
    ca = cert
    siege = await Siege.start({ tls: { cert, key } }, sslCaFile)
  })
  after(async () => {
    await siege.stop()
    rmSync(folder, { recursive: true })
  })

  it('begin no handshake, or do not finish it', async (t) => {
    await siege.withstands(t, async () => {
      for (let n = 0; n < 200; n++) {
        const socket = await siege.dialRaw()
        if (n % 2 === 0) socket.write((BROKEN[0] as Buffer).subarray(0, n % 12))
      }
    })
  })

  it('send what is no TLS', async (t) => {
    await siege.withstands(t, async () => {
      for (let n = 0; n < 350; n++) {
        const socket = await siege.dialRaw()
        const over = once(socket, 'close')
        socket.on('data', () => {})
        socket.end(BROKEN[n % BROKEN.length] as Buffer)
        await over
      }
    })
  })

  it('shake hands, and say nothing or nonsense', async (t) => {
    await siege.withstands(t, async () => {
      for (let n = 0; n < 60; n++) {
        const socket = connectTls({ socket: await siege.dialRaw(), servername: 'localhost', ca })
        socket.on('error', () => {})
        await once(socket, 'secureConnect')
        socket.on('data', () => {})
        if (n % 3 === 1) socket.write(BROKEN[n % BROKEN.length] as Buffer)
        if (n % 3 === 2) socket.destroy()
      }
    })
  })
})

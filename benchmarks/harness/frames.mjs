// What the floors are made of: AMQP frames on raw sockets, made and read at fixed places. No negotiation, no flow control, no errors,
// no time-outs: what any engine has to pay on top of this is its own.

export const TRANSFER = 0x14
export const DISPOSITION = 0x15
const FRAME_HEADER = 8
const TRANSFER_LENGTH = 24
const SLAB = 65_536

/** One write per turn, out of a slab. */
export class FrameWriter {
  #socket
  #slab = Buffer.allocUnsafeSlow(SLAB)
  #start = 0
  #end = 0
  #scheduled = false
  #accepted = []
  #id = 0

  constructor(socket) {
    socket.setNoDelay(true)
    this.#socket = socket
  }

  /** A transfer of `handle` with the sections of an RPC message, or of a notification without most of them. Returns its delivery id. */
  transfer(handle, settled, ttl, messageId, to, replyTo, correlationId, body) {
    const id = this.#id++
    if (SLAB - this.#end < body.length + 256) this.#renew()
    const slab = this.#slab
    const frame = this.#end
    let at = frame + FRAME_HEADER
    slab.writeUInt32BE(0x005314c0, at)
    slab[at + 4] = TRANSFER_LENGTH - 5
    slab[at + 5] = 5
    slab[at + 6] = 0x70
    slab.writeUInt32BE(handle, at + 7)
    slab[at + 11] = 0x70
    slab.writeUInt32BE(id, at + 12)
    slab.writeUInt16BE(0xa004, at + 16)
    slab.writeUInt32BE(id, at + 18)
    slab[at + 22] = 0x43
    slab[at + 23] = settled ? 0x41 : 0x42
    at += TRANSFER_LENGTH
    if (ttl > 0) {
      slab.writeUInt32BE(0x005370c0, at)
      slab.writeUInt32BE(0x08034040, at + 4)
      slab[at + 8] = 0x70
      slab.writeUInt32BE(ttl, at + 9)
      at += 13
    }
    slab.writeUInt32BE(0x005373c0, at)
    const sizeAt = at + 4
    slab[at + 5] = 6
    at = text8(slab, at + 6, messageId)
    slab[at++] = 0x40
    at = text8(slab, at, to)
    slab[at++] = 0x40
    at = text8(slab, at, replyTo)
    at = text8(slab, at, correlationId)
    slab[sizeAt] = at - sizeAt - 1
    slab.writeUInt32BE(0x005377b1, at)
    slab.writeUInt32BE(body.length, at + 4)
    at += 8
    at += slab.latin1Write(body, at)
    this.#end = at
    this.#frame(frame)
    return id
  }

  accept(id) {
    this.#accepted.push(id)
    this.#schedule()
  }

  #frame(at) {
    this.#slab.writeUInt32BE(this.#end - at, at)
    this.#slab.writeUInt32BE(0x02000000, at + 4)
    this.#schedule()
  }

  #schedule() {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#flush())
  }

  #flush() {
    this.#scheduled = false
    const ids = this.#accepted
    for (let n = 0; n < ids.length; ) {
      const first = ids[n]
      let last = first
      while (++n < ids.length && ids[n] === last + 1) last = ids[n]
      this.#disposition(first, last)
    }
    this.#accepted = []
    this.#write()
  }

  /** disposition(role=receiver, first, last, settled, accepted) */
  #disposition(first, last) {
    if (SLAB - this.#end < 64) this.#renew()
    const frame = this.#end
    const slab = this.#slab
    const at = frame + FRAME_HEADER
    slab.writeUInt32BE(0x005315c0, at)
    slab.writeUInt16BE(0x1105, at + 4)
    slab[at + 6] = 0x41
    slab[at + 7] = 0x70
    slab.writeUInt32BE(first, at + 8)
    slab[at + 12] = 0x70
    slab.writeUInt32BE(last, at + 13)
    slab[at + 17] = 0x41
    slab.writeUInt32BE(0x00532445, at + 18)
    this.#end = at + 22
    this.#frame(frame)
  }

  #write() {
    if (this.#end > this.#start) this.#socket.write(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
  }

  #renew() {
    this.#write()
    this.#slab = Buffer.allocUnsafeSlow(SLAB)
    this.#start = this.#end = 0
  }
}

function text8(slab, at, text) {
  if (text === undefined) {
    slab[at] = 0x40
    return at + 1
  }
  slab[at] = 0xa1
  slab[at + 1] = text.length
  return at + 2 + slab.latin1Write(text, at + 2)
}

/** Cuts the stream into frames. */
export function readFrames(socket, onFrame) {
  let rest
  socket.on('data', (chunk) => {
    const data = rest ? Buffer.concat([rest, chunk]) : chunk
    rest = undefined
    let at = 0
    while (data.length - at >= 4) {
      const size = data.readUInt32BE(at)
      if (data.length - at < size) break
      onFrame(data, at, at + size)
      at += size
    }
    if (at < data.length) rest = data.subarray(at)
  })
}

/** What of a message the other side needs. */
export function readMessage(data, start, end) {
  let at = start + FRAME_HEADER + TRANSFER_LENGTH
  if (data[at + 2] === 0x70) at += 13
  const body = at + 5 + data[at + 4]
  at += 6
  const messageId = data[at] === 0x40 ? undefined : data.latin1Slice(at + 2, at + 2 + data[at + 1])
  at += messageId === undefined ? 1 : 2 + messageId.length
  at += 1 + 2 + data[at + 2] + 1 // user-id, to, subject
  const replyTo = data[at] === 0x40 ? undefined : data.latin1Slice(at + 2, at + 2 + data[at + 1])
  at += replyTo === undefined ? 1 : 2 + replyTo.length
  const correlationId = data[at] === 0x40 ? undefined : data.latin1Slice(at + 2, at + 2 + data[at + 1])
  return { messageId, replyTo, correlationId, body: data.latin1Slice(body + 8, end) }
}

export const codeOf = (data, start) => data[start + FRAME_HEADER + 2]
export const handleOf = (data, start) => data.readUInt32BE(start + FRAME_HEADER + 7)
export const idOf = (data, start) => data.readUInt32BE(start + FRAME_HEADER + 12)

/** Calls `onId` for each delivery that a disposition is about. */
export function readDisposition(data, start, onId) {
  const first = data.readUInt32BE(start + FRAME_HEADER + 8)
  const last = data.readUInt32BE(start + FRAME_HEADER + 13)
  for (let id = first; id <= last; id++) onId(id)
}

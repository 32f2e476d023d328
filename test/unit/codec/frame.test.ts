import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'
import { FramingError } from '../../../src/codec/errors.ts'
import {
  AMQP_FRAME,
  beginFrame,
  encodeHeader,
  endFrame,
  type FrameHandler,
  FrameReader,
  PROTOCOL,
  SASL_FRAME,
} from '../../../src/codec/frame.ts'

/** Notes what comes as text, and does what the test wants in between. */
class Recorder implements FrameHandler {
  readonly seen: string[] = []
  readonly buffers: Buffer[] = []
  onNote: ((text: string) => void) | undefined

  onHeader(protocolId: number, major: number, minor: number, revision: number): void {
    this.#note(`header ${protocolId} ${major}.${minor}.${revision}`)
  }

  onFrame(frameType: number, channel: number, buffer: Buffer, start: number, end: number): void {
    this.buffers.push(buffer)
    this.#note(`frame ${frameType} ${channel} ${buffer.toString('hex', start, end)}`)
  }

  #note(text: string): void {
    this.seen.push(text)
    this.onNote?.(text)
  }
}

function readerOf(recorder: Recorder, maxFrameSize = 512): FrameReader {
  return new FrameReader(recorder, { maxFrameSize })
}

/** SASL, then AMQP, with frames of several lengths, an empty one and one with an extended header. */
function stream(): { bytes: Buffer; expected: string[] } {
  const e = new Encoder()
  encodeHeader(e, PROTOCOL.SASL)
  frame(e, SASL_FRAME, 0, 'c0ffee')
  encodeHeader(e, PROTOCOL.AMQP)
  frame(e, AMQP_FRAME, 0x1234, '')
  frame(e, AMQP_FRAME, 1, '01'.repeat(300))
  e.rawBytes(Buffer.from('0000000f0300000700000000aabbcc', 'hex'))
  frame(e, AMQP_FRAME, 2, '00')
  const expected = [
    'header 3 1.0.0',
    'frame 1 0 c0ffee',
    'header 0 1.0.0',
    'frame 0 4660 ',
    `frame 0 1 ${'01'.repeat(300)}`,
    'frame 0 7 aabbcc',
    'frame 0 2 00',
  ]
  return { bytes: e.take(), expected }
}

function frame(e: Encoder, type: 0 | 1, channel: number, hex: string): void {
  const mark = beginFrame(e, type, channel)
  e.rawBytes(Buffer.from(hex, 'hex'))
  endFrame(e, mark)
}

/** Expects the second header where the stream has it. */
function switching(recorder: Recorder, reader: FrameReader): void {
  recorder.onNote = (text) => {
    if (text.startsWith('frame 1')) reader.expectHeader()
  }
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

const HEADER = '414d515000010000'

describe('FrameReader', () => {
  it('gives headers and frames as they come, without copying', () => {
    const { bytes, expected } = stream()
    const recorder = new Recorder()
    const reader = readerOf(recorder)
    switching(recorder, reader)
    reader.push(bytes)
    assert.deepEqual(recorder.seen, expected)
    assert.ok(recorder.buffers.every((buffer) => buffer === bytes))
  })

  it('gives the same for two chunks, cut at every byte', () => {
    const { bytes, expected } = stream()
    for (let cut = 0; cut <= bytes.length; cut++) {
      const recorder = new Recorder()
      const reader = readerOf(recorder)
      switching(recorder, reader)
      reader.push(bytes.subarray(0, cut))
      reader.push(bytes.subarray(cut))
      assert.deepEqual(recorder.seen, expected, `cut at ${cut}`)
    }
  })

  it('gives the same for chunks of every length', () => {
    const { bytes, expected } = stream()
    for (let length = 1; length < 40; length++) {
      const recorder = new Recorder()
      const reader = readerOf(recorder)
      switching(recorder, reader)
      for (let at = 0; at < bytes.length; at += length) reader.push(bytes.subarray(at, at + length))
      assert.deepEqual(recorder.seen, expected, `chunks of ${length}`)
    }
  })

  it('puts a frame that is spread over chunks into a buffer of its size, which stays as it is', () => {
    const recorder = new Recorder()
    const reader = readerOf(recorder)
    reader.push(hex(HEADER))
    const first = hex('0000000c 02000001 aa')
    reader.push(first)
    first.fill(0xff)
    reader.push(hex('bbccdd 00000009 02000001 ee'))
    assert.deepEqual(recorder.seen.slice(1), ['frame 0 1 aabbccdd', 'frame 0 1 ee'])
    assert.equal(recorder.buffers[0]!.length, 12)
  })

  const refused: [what: string, bytes: string, message: RegExp][] = [
    ['a frame smaller than its header', '00000007 02000000', /a size of 7 bytes is less than its header/],
    ['a frame larger than the maximum', '00000201 02000000', /a size of 513 bytes exceeds the maximum of 512/],
    ['a frame of 4 GiB', 'ffffffff 02000000', /exceeds the maximum/],
    ['a data offset inside of the header', '00000008 01000000', /a data offset of 1 points into the header/],
    ['a data offset behind the frame', '00000008 03000000', /a data offset of 3 words exceeds 8 bytes/],
  ]
  for (const [what, bytes, message] of refused) {
    it(`refuses ${what}, at once or byte by byte`, () => {
      const isRefusal = (error: unknown) => error instanceof FramingError && message.test(error.message)
      const whole = readerOf(new Recorder())
      assert.throws(() => whole.push(hex(HEADER + bytes)), isRefusal)
      const pieces = readerOf(new Recorder())
      pieces.push(hex(HEADER))
      assert.throws(() => {
        for (const byte of hex(bytes)) pieces.push(Buffer.from([byte]))
      }, isRefusal)
    })
  }

  it('refuses what is no protocol header', () => {
    const reader = readerOf(new Recorder())
    assert.throws(() => reader.push(Buffer.from('GET / HTTP/1.1\r\n')), {
      name: 'FramingError',
      code: 'AMQP_FRAMING',
      condition: 'amqp:connection:framing-error',
      message: 'protocol header: expected "AMQP", found "GET " (at byte 0)',
    })
  })

  it('tells headers of other versions, whoever asked may answer them', () => {
    const recorder = new Recorder()
    readerOf(recorder).push(hex('414d515000000901'))
    assert.deepEqual(recorder.seen, ['header 0 0.9.1'])
  })

  it('reads nothing after an error', () => {
    const recorder = new Recorder()
    const reader = readerOf(recorder)
    assert.throws(() => reader.push(hex(`${HEADER} 00000007 02000000`)), FramingError)
    reader.push(hex('00000008 02000000'))
    assert.deepEqual(recorder.seen, ['header 0 1.0.0'])
  })

  it('reads nothing after the handler threw', () => {
    const recorder = new Recorder()
    const reader = readerOf(recorder)
    recorder.onNote = () => {
      throw new Error('from the handler')
    }
    assert.throws(() => reader.push(hex(`${HEADER} 00000008 02000000`)), /from the handler/)
    reader.push(hex('00000008 02000000'))
    assert.deepEqual(recorder.seen, ['header 0 1.0.0'])
  })

  it('stops within a chunk and amid a frame', () => {
    const recorder = new Recorder()
    const reader = readerOf(recorder)
    recorder.onNote = (text) => {
      if (text === 'frame 0 1 ') reader.stop()
    }
    reader.push(hex(`${HEADER} 00000008 02000001 00000008 02000002 000000`))
    reader.push(hex('08 02000003'))
    assert.deepEqual(recorder.seen, ['header 0 1.0.0', 'frame 0 1 '])
    const amid = readerOf(recorder)
    amid.push(hex(`${HEADER} 00000020 02000001 00`))
    amid.stop()
    amid.push(Buffer.alloc(100))
  })

  it('holds a maximum that a callback sets from the next frame on', () => {
    const recorder = new Recorder()
    const reader = readerOf(recorder)
    recorder.onNote = (text) => {
      if (text.startsWith('frame')) reader.maxFrameSize = 8
    }
    assert.throws(() => reader.push(hex(`${HEADER} 00000009 02000001 ff 00000009 02000001 ff`)), /maximum of 8/)
    assert.equal(recorder.seen.length, 2)
  })
})

describe('frames as they are written', () => {
  it('have their size in front, and an empty one has eight bytes', () => {
    const e = new Encoder()
    frame(e, AMQP_FRAME, 0, '')
    frame(e, SASL_FRAME, 3, 'aa')
    assert.equal(e.take().toString('hex'), '0000000802000000' + '0000000902010003aa')
  })

  it('follow a header that names protocol and version', () => {
    const e = new Encoder()
    for (const id of Object.values(PROTOCOL)) encodeHeader(e, id)
    assert.equal(e.take().toString('hex'), '414d515000010000' + '414d515002010000' + '414d515003010000')
  })
})

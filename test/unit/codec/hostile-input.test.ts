// Bytes that somebody bent: whatever they are, only this codec's own errors may come out, and soon.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { CodecError, DecodeError } from '../../../src/codec/errors.ts'
import { beginFrame, encodeHeader, endFrame, FrameReader } from '../../../src/codec/frame.ts'
import {
  decodePerformative,
  encodeAttach,
  encodeBegin,
  encodeDisposition,
  encodeFlow,
  encodeOpen,
  encodeTransfer,
} from '../../../src/codec/performatives.ts'
import { EncodedMessage } from '../../../src/codec/sections.ts'
import { AmqpArray, Described, symbol } from '../../../src/codec/types.ts'
import { readVectors } from './vectors.ts'

const messages = readVectors<{ amqp_message_hex: string }>().map(({ amqp_message_hex }) =>
  Buffer.from(amqp_message_hex, 'hex'),
)

/** One frame of each kind that matters, with all sorts of fields. */
function performatives(): Buffer[] {
  const e = new Encoder()
  const written: Buffer[] = []
  const write = (encode: () => void) => {
    encode()
    written.push(e.take())
  }
  write(() =>
    encodeOpen(e, {
      containerId: 'c',
      idleTimeOut: 9,
      offeredCapabilities: ['a', 'b'],
      properties: new Map([['x', [1, 'y']]]),
    }),
  )
  write(() => encodeBegin(e, { remoteChannel: 1, nextOutgoingId: 0, incomingWindow: 300, outgoingWindow: 1 }))
  const filter = new Map([['f', new Described(symbol('f'), new AmqpArray('int', [1, 2]))]])
  const source = {
    address: 'a',
    dynamic: true,
    filter,
    outcomes: ['amqp:accepted:list'],
    defaultOutcome: { type: 'released' as const },
  }
  write(() =>
    encodeAttach(e, { name: 'l', handle: 1, role: true, source, target: { address: 't', capabilities: ['q'] } }),
  )
  write(() =>
    encodeFlow(e, {
      nextIncomingId: 1,
      incomingWindow: 2,
      nextOutgoingId: 3,
      outgoingWindow: 4,
      handle: 5,
      linkCredit: 600,
    }),
  )
  write(() =>
    encodeTransfer(e, { handle: 1, deliveryId: 2, deliveryTag: Buffer.from('tag'), messageFormat: 0, settled: true }),
  )
  const error = { condition: 'amqp:not-found', info: new Map([['x', 1]]) }
  write(() =>
    encodeDisposition(e, { role: true, first: 1, last: 2, settled: true, state: { type: 'rejected', error } }),
  )
  return written
}

function decodeMessage(bytes: Buffer): void {
  const message = new EncodedMessage(bytes)
  message.toMessage()
}

function decodeFrameBody(bytes: Buffer): void {
  const d = new Decoder()
  d.reset(bytes)
  decodePerformative(d)
}

function decodeAny(bytes: Buffer): void {
  const d = new Decoder()
  d.reset(bytes)
  while (d.position < d.end) d.readValue()
}

function onlyOwnErrors(decode: (bytes: Buffer) => void, bytes: Buffer): void {
  try {
    decode(bytes)
  } catch (error) {
    if (error instanceof CodecError && error instanceof DecodeError) return
    throw new Error(`not a DecodeError for ${bytes.toString('hex')}`, { cause: error })
  }
}

/** Every byte with every single bit turned, and set to the values that sizes and constructors like least. */
function forEachMutation(original: Buffer, check: (bytes: Buffer) => void): void {
  for (let at = 0; at < original.length; at++) {
    const before = original[at]!
    const values = [...Array(8).keys()].map((bit) => before ^ (1 << bit))
    for (const value of [...values, 0, 0xff, 0x40, 0x45, 0xd0, 0xf0]) {
      original[at] = value
      check(original)
    }
    original[at] = before
  }
}

describe('bent bytes', () => {
  it('of messages, turned bit by bit, give nothing but DecodeError', () => {
    for (const message of messages)
      forEachMutation(Buffer.from(message), (bytes) => onlyOwnErrors(decodeMessage, bytes))
  })

  it('of messages, cut off anywhere, give nothing but DecodeError', () => {
    for (const message of messages) {
      for (let length = 0; length < message.length; length++) onlyOwnErrors(decodeMessage, message.subarray(0, length))
    }
  })

  it('of performatives, turned bit by bit, give nothing but DecodeError', () => {
    for (const bytes of performatives())
      forEachMutation(Buffer.from(bytes), (bent) => onlyOwnErrors(decodeFrameBody, bent))
  })

  it('of performatives that are cut off are never taken for whole', () => {
    for (const bytes of performatives()) {
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => decodeFrameBody(bytes.subarray(0, length)), DecodeError)
      }
    }
  })

  it('of frames give nothing but DecodeError, however they are cut into chunks', () => {
    const e = new Encoder()
    encodeHeader(e, 0)
    for (const performative of performatives()) {
      const mark = beginFrame(e, 0, 0)
      e.rawBytes(performative)
      endFrame(e, mark)
    }
    const read = (stream: Buffer) => {
      const onFrame = (_type: number, _channel: number, buffer: Buffer, start: number, end: number) => {
        const d = new Decoder()
        d.reset(buffer, start, end)
        if (start < end) decodePerformative(d)
      }
      const reader = new FrameReader({ onHeader: () => undefined, onFrame }, { maxFrameSize: 4096 })
      for (let at = 0; at < stream.length; at += 7) reader.push(stream.subarray(at, at + 7))
    }
    forEachMutation(e.take(), (bytes) => onlyOwnErrors(read, bytes))
  })

  it('that are random give nothing but DecodeError', () => {
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    const constructors = fc.constantFrom(
      0,
      0x40,
      0x45,
      0x56,
      0x73,
      0xa1,
      0xa3,
      0xb1,
      0xc0,
      0xc1,
      0xd0,
      0xd1,
      0xe0,
      0xf0,
      0x53,
      1,
      2,
      4,
    )
    const likely = fc.array(constructors, { maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(random, likely), (bytes) => {
        onlyOwnErrors(decodeAny, bytes)
        onlyOwnErrors(decodeFrameBody, bytes)
        onlyOwnErrors(decodeMessage, bytes)
        onlyOwnErrors(decodeMessage, Buffer.concat([Buffer.from('005377', 'hex'), bytes]))
      }),
      { numRuns: 3000 },
    )
  })
})

// Whatever stands in the fields of a performative: it is decoded as it was encoded, with its payload behind it, and from any chunks.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import * as performatives from '../../../src/codec/performatives.ts'
import { type AmqpValue, Described } from '../../../src/codec/types.ts'
import { ascii, bytes, fields, maybe, record, text, uint, ulong, value } from '../../support/arbitrary-values.ts'
import { SEED } from '../../support/seed.ts'

const ushort = fc.integer({ min: 0, max: 0xffff })
const ubyte = fc.integer({ min: 0, max: 0xff })
const symbols = fc.array(ascii, { maxLength: 4 })
const flag = fc.boolean()
const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name)

const error = record({ condition: ascii, description: maybe(text), info: maybe(fields) })

const outcome = fc.oneof(
  record({ type: type('accepted') }),
  record({ type: type('released') }),
  record({ type: type('rejected'), error: maybe(error) }),
  record({
    type: type('modified'),
    deliveryFailed: flag,
    undeliverableHere: flag,
    messageAnnotations: maybe(fields),
  }),
)
const state = fc.oneof(
  outcome,
  record({ type: type('received'), sectionNumber: uint, sectionOffset: ulong }),
  // The descriptor of a transactional state.
  record({ type: type('other'), value: value.map((content) => new Described(0x34, content)) }),
)

const terminus = {
  address: maybe(text),
  durable: uint,
  expiryPolicy: ascii,
  timeout: uint,
  dynamic: flag,
  dynamicNodeProperties: maybe(fields),
  capabilities: maybe(symbols),
}
/** Every filter is a described value (part 3, 3.5.8). */
const described = (filters: ReadonlyMap<string, AmqpValue>) =>
  new Map([...filters].map(([name, filter]) => [name, new Described(0x468c, filter)]))

const source = record({
  ...terminus,
  distributionMode: maybe(ascii),
  filter: maybe(fields.map(described)),
  defaultOutcome: maybe(outcome),
  outcomes: maybe(symbols),
})
const target = fc.oneof(record(terminus), record({ type: type('coordinator'), capabilities: maybe(symbols) }))
const unsettled = fc
  .array(fc.tuple(bytes, fc.constant(null)), { maxLength: 3 })
  .map((pairs) => new Map<unknown, unknown>(pairs))

const PERFORMATIVES: readonly (readonly [(e: Encoder, frame: never) => void, fc.Arbitrary<object>])[] = [
  [
    performatives.encodeOpen,
    record({
      type: type('open'),
      containerId: text,
      hostname: maybe(text),
      maxFrameSize: uint,
      channelMax: ushort,
      idleTimeOut: maybe(uint),
      outgoingLocales: maybe(symbols),
      incomingLocales: maybe(symbols),
      offeredCapabilities: maybe(symbols),
      desiredCapabilities: maybe(symbols),
      properties: maybe(fields),
    }),
  ],
  [
    performatives.encodeBegin,
    record({
      type: type('begin'),
      remoteChannel: maybe(ushort),
      nextOutgoingId: uint,
      incomingWindow: uint,
      outgoingWindow: uint,
      handleMax: uint,
      offeredCapabilities: maybe(symbols),
      desiredCapabilities: maybe(symbols),
      properties: maybe(fields),
    }),
  ],
  [
    performatives.encodeAttach,
    record({
      type: type('attach'),
      name: text,
      handle: uint,
      role: flag,
      sndSettleMode: ubyte,
      rcvSettleMode: ubyte,
      source: maybe(source),
      target: maybe(target),
      unsettled: maybe(unsettled),
      incompleteUnsettled: flag,
      initialDeliveryCount: maybe(uint),
      maxMessageSize: maybe(ulong),
      offeredCapabilities: maybe(symbols),
      desiredCapabilities: maybe(symbols),
      properties: maybe(fields),
    }),
  ],
  [
    performatives.encodeFlow,
    record({
      type: type('flow'),
      nextIncomingId: maybe(uint),
      incomingWindow: uint,
      nextOutgoingId: uint,
      outgoingWindow: uint,
      handle: maybe(uint),
      deliveryCount: maybe(uint),
      linkCredit: maybe(uint),
      available: maybe(uint),
      drain: flag,
      echo: flag,
      properties: maybe(fields),
    }),
  ],
  [
    performatives.encodeTransfer,
    record({
      type: type('transfer'),
      handle: uint,
      deliveryId: maybe(uint),
      deliveryTag: maybe(bytes),
      messageFormat: maybe(uint),
      settled: maybe(flag),
      more: flag,
      rcvSettleMode: maybe(ubyte),
      state: maybe(state),
      resume: flag,
      aborted: flag,
      batchable: flag,
    }),
  ],
  [
    performatives.encodeDisposition,
    record({
      type: type('disposition'),
      role: flag,
      first: uint,
      last: maybe(uint),
      settled: flag,
      state: maybe(state),
      batchable: flag,
    }),
  ],
  [performatives.encodeDetach, record({ type: type('detach'), handle: uint, closed: flag, error: maybe(error) })],
  [performatives.encodeEnd, record({ type: type('end'), error: maybe(error) })],
  [performatives.encodeClose, record({ type: type('close'), error: maybe(error) })],
  [
    performatives.encodeSaslMechanisms,
    record({ type: type('sasl-mechanisms'), saslServerMechanisms: fc.array(ascii, { minLength: 1, maxLength: 4 }) }),
  ],
  [
    performatives.encodeSaslInit,
    record({ type: type('sasl-init'), mechanism: ascii, initialResponse: maybe(bytes), hostname: maybe(text) }),
  ],
  [performatives.encodeSaslChallenge, record({ type: type('sasl-challenge'), challenge: bytes })],
  [performatives.encodeSaslResponse, record({ type: type('sasl-response'), response: bytes })],
  [performatives.encodeSaslOutcome, record({ type: type('sasl-outcome'), code: ubyte, additionalData: maybe(bytes) })],
]

describe('any performative', () => {
  for (const [encode, arbitrary] of PERFORMATIVES)
    it(`comes back as it was: ${encode.name.replace('encode', '')}`, () => {
      fc.assert(
        fc.property(arbitrary, bytes, fc.integer({ min: 16, max: 600 }), (frame, payload, capacity) => {
          const e = new Encoder(capacity)
          encode(e, frame as never)
          e.rawBytes(payload)
          const d = new Decoder()
          d.reset(e.take())
          assert.deepEqual(performatives.decodePerformative(d), frame)
          assert.deepEqual(d.buffer.subarray(d.position, d.end), payload)
        }),
        { numRuns: 150, seed: SEED },
      )
    })
})

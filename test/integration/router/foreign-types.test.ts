// Every type of AMQP 1.0, in every place of a message, from rhea through the router: it arrives byte for byte, and rhea reads what
// it has sent.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Message } from 'rhea'
import rhea from 'rhea'
import type { MessageId } from '../../../src/codec/sections.ts'
import { Uuid } from '../../../src/codec/types.ts'
import { readVectors } from '../../unit/codec/vectors.ts'
import { Bus, until } from './bus.ts'
import { connectRhea, next } from './rhea-peer.ts'

const { types, message: codec } = rhea
const UUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
const BYTES = Buffer.from([0, 1, 127, 128, 255])

/** rhea has them, and its declarations do not. */
function decimal(name: string, bytes: number): unknown {
  const make = (types as unknown as Record<string, (value: Buffer) => unknown>)[name]
  return make?.(Buffer.alloc(bytes, 0x25))
}

/** Values as rhea writes them. The simple ones may stand in application properties too (part 3, 3.2.5). */
const SIMPLE: Readonly<Record<string, readonly unknown[]>> = {
  null: [null],
  boolean: [types.wrap_boolean(true), types.wrap_boolean(false)],
  ubyte: [0, 255].map(types.wrap_ubyte),
  ushort: [0, 65_535].map(types.wrap_ushort),
  uint: [0, 255, 256, 0xffffffff].map(types.wrap_uint),
  ulong: [0, 255, 256, Number.MAX_SAFE_INTEGER, Buffer.alloc(8, 0xff)].map((value) =>
    types.wrap_ulong(value as number),
  ),
  byte: [-128, 0, 127].map(types.wrap_byte),
  short: [-32_768, 32_767].map(types.wrap_short),
  int: [-2_147_483_648, -129, -1, 127, 128, 2_147_483_647].map(types.wrap_int),
  long: [Number.MIN_SAFE_INTEGER, -1, 0, 1, Number.MAX_SAFE_INTEGER].map(types.wrap_long),
  float: [-0.5, 0, 3.5, Number.POSITIVE_INFINITY].map(types.wrap_float),
  double: [Math.PI, -0, 5e-324, Number.MAX_VALUE].map(types.wrap_double),
  decimal32: [decimal('Decimal32', 4)],
  decimal64: [decimal('Decimal64', 8)],
  decimal128: [decimal('Decimal128', 16)],
  char: [0x41, 0x1f40e].map((value) => types.wrap_char(value as never)),
  timestamp: [0, 1_732_500_000_000, -1].map(types.wrap_timestamp),
  uuid: [types.wrap_uuid(UUID as never)],
  binary: [Buffer.alloc(0), BYTES, Buffer.alloc(300, 7)].map((value) => types.wrap_binary(value as never)),
  string: ['', 'žluťoučký 🐎', 'x'.repeat(300)].map(types.wrap_string),
  symbol: ['', 'amqp:x', 's'.repeat(300)].map(types.wrap_symbol),
}

const COMPOUND: Readonly<Record<string, readonly unknown[]>> = {
  list: [types.wrap_list([]), types.wrap_list([1, 'two', [3, [null, true]]])],
  map: [types.wrap_map({}), types.wrap_map({ a: 1, b: { c: [2] } })],
  array: [
    types.wrap_array([1, 2, 3], 0x71, undefined as never),
    types.wrap_array(['a', 'b'], 0xa1, undefined as never),
    types.wrap_array([], 0xa3, undefined as never),
  ],
  described: [types.wrap_described('x', 'my:type' as never), types.wrap_described([1], 0x1234 as never)],
}

/** Both get each message: one as rhea reads it, one as its bytes. */
async function readers(t: TestContext): Promise<{
  send(message: Message): Promise<{ readonly read: Message; readonly bytes: Buffer }>
}> {
  const bus = await Bus.start(t)
  const receiver = connectRhea(t, bus).open_receiver('broadcast.types')
  const payloads: Buffer[] = []
  const read: Message[] = []
  receiver.on('message', ({ message }) => void read.push(message as Message))
  await bus.receiver({
    address: 'broadcast.types',
    onDelivery: (delivery) => {
      payloads.push(Buffer.from(delivery.payload))
      delivery.accept()
    },
  })
  await until(() => bus.router.counters.consumers === 2)
  const sender = connectRhea(t, bus).open_sender('broadcast.types')
  await next(sender, 'sendable')
  return {
    send: async (message) => {
      sender.send(message)
      await until(() => read.length > 0 && payloads.length > 0)
      return { read: read.shift() as Message, bytes: payloads.shift() as Buffer }
    },
  }
}

describe('a message of rhea arrives byte for byte', () => {
  for (const [type, values] of Object.entries({ ...SIMPLE, ...COMPOUND }))
    it(`with ${type} in body and annotations${type in SIMPLE ? ', and application properties' : ''}`, async (t) => {
      const { send } = await readers(t)
      for (const value of values) {
        const fields = { 'x-opt-value': value }
        const message = {
          body: value,
          delivery_annotations: fields,
          message_annotations: fields,
          footer: fields,
          ...(type in SIMPLE ? { application_properties: { value } } : {}),
        } as Message
        const expected = codec.encode(message)
        const { read, bytes } = await send(message)
        assert.deepEqual(bytes, expected)
        assert.deepEqual(read, codec.decode(expected))
      }
    })

  it('with every kind of body', async (t) => {
    const { send } = await readers(t)
    const bodies = [
      codec.data_section(BYTES),
      codec.data_sections([BYTES, Buffer.alloc(0), Buffer.alloc(300)]),
      codec.sequence_section([1, 'two', null]),
      codec.sequence_sections([[1], [], ['x'.repeat(300)]]),
      null,
      'a value',
    ]
    for (const body of bodies) {
      const expected = codec.encode({ body } as Message)
      const { read, bytes } = await send({ body } as Message)
      assert.deepEqual(bytes, expected)
      assert.deepEqual(read.body, codec.decode(expected).body)
    }
  })

  it('with every header and property', async (t) => {
    const { send } = await readers(t)
    const message = {
      durable: true,
      priority: 7,
      ttl: 60_000,
      first_acquirer: true,
      delivery_count: 3,
      user_id: BYTES,
      to: 'elsewhere',
      subject: 'subject',
      reply_to: 'reply',
      content_type: 'application/json',
      content_encoding: 'utf-8',
      absolute_expiry_time: 1_732_500_000_000,
      creation_time: 1_732_500_000_001,
      group_id: 'group',
      group_sequence: 0xffffffff,
      reply_to_group_id: 'other',
      body: 'x',
    } as unknown as Message
    for (const id of ['text', '', 7, Number.MAX_SAFE_INTEGER, UUID]) {
      const { read, bytes } = await send({ ...message, message_id: id, correlation_id: id } as Message)
      assert.deepEqual(bytes, codec.encode({ ...message, message_id: id, correlation_id: id } as Message))
      assert.deepEqual([read.message_id, read.correlation_id], [id, id])
    }
  })
})

describe('a message of ours is read by rhea', () => {
  it('with every type of message id', async (t) => {
    const bus = await Bus.start(t)
    const receiver = connectRhea(t, bus).open_receiver('ids')
    const ids: unknown[] = []
    receiver.on('message', ({ message }) => void ids.push(message?.message_id, message?.correlation_id))
    const sender = await bus.sender({ address: 'ids' })
    const given: MessageId[] = ['text', 7, new Uuid(UUID), BYTES]
    for (const id of given) await sender.send({ properties: { messageId: id, correlationId: id } })
    assert.deepEqual(ids, ['text', 'text', 7, 7, UUID, UUID, BYTES, BYTES])
  })
})

interface Vectors {
  readonly vectors: readonly { readonly name: string; readonly hex: string }[]
  readonly message: { readonly hex: string }
}

describe('values that qpid-proton has encoded arrive byte for byte', () => {
  const [document] = readVectors<Vectors>('types')
  for (const { name, hex } of [...document!.vectors, { name: 'a whole message', hex: document!.message.hex }])
    it(name, async (t) => {
      const bus = await Bus.start(t)
      const payloads: string[] = []
      await bus.receiver({
        address: 'vectors',
        onDelivery: (delivery) => {
          payloads.push(delivery.payload.toString('hex'))
          delivery.accept()
        },
      })
      const sender = await bus.sender({ address: 'vectors' })
      await sender.send(Buffer.from(hex, 'hex'))
      assert.deepEqual(payloads, [hex])
    })
})

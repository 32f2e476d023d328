import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'
import { DecodeError, EncodeError } from '../../../src/codec/errors.ts'
import { EncodedMessage, encodeMessage, type Message } from '../../../src/codec/sections.ts'
import { AmqpSymbol, typed, Uuid } from '../../../src/codec/types.ts'

function encode(message: Message): Buffer {
  const e = new Encoder()
  encodeMessage(e, message)
  return e.take()
}

function hexOf(message: Message): string {
  return encode(message).toString('hex')
}

function fromHex(hex: string): EncodedMessage {
  return new EncodedMessage(Buffer.from(hex, 'hex'))
}

const ABSENT: Message = {
  header: undefined,
  deliveryAnnotations: undefined,
  messageAnnotations: undefined,
  properties: undefined,
  applicationProperties: undefined,
  body: undefined,
  footer: undefined,
}

const FULL: Message = {
  header: { durable: true, priority: 9, ttl: 1000, firstAcquirer: true, deliveryCount: 300 },
  deliveryAnnotations: new Map([['x-opt-in', 1]]),
  messageAnnotations: new Map([['x-opt-to', 'there']]),
  properties: {
    messageId: 'id',
    userId: Buffer.from('user'),
    to: 'to',
    subject: 'subject',
    replyTo: 'reply-to',
    correlationId: 7,
    contentType: 'application/json',
    contentEncoding: 'gzip',
    absoluteExpiryTime: 1_764_000_000_000,
    creationTime: -1,
    groupId: 'group',
    groupSequence: 0,
    replyToGroupId: 'reply-group',
  },
  applicationProperties: new Map<string, string | number | boolean>([
    ['text', 'value'],
    ['number', 2 ** 40],
    ['flag', true],
  ]),
  body: { type: 'value', value: 'body' },
  footer: new Map([['hash', Buffer.from('hash')]]),
}

describe('messages', () => {
  it('come back with all their sections', () => {
    assert.deepEqual(new EncodedMessage(encode(FULL)).toMessage(), FULL)
  })

  it('are nothing when they have no section', () => {
    assert.equal(hexOf({}), '')
    assert.deepEqual(new EncodedMessage(Buffer.alloc(0)).toMessage(), ABSENT)
  })

  it('have the shortest sections that say the same', () => {
    assert.equal(hexOf({ header: {} }), '00537045')
    const defaults = { durable: false, priority: 4, firstAcquirer: false, deliveryCount: 0 }
    assert.equal(hexOf({ header: defaults }), '00537045')
    assert.deepEqual(fromHex('00537045').header, { ...defaults, ttl: undefined })
    assert.equal(hexOf({ header: { priority: 0 } }), '005370c00402' + '405000')
    assert.equal(hexOf({ properties: {} }), '00537345')
    assert.equal(hexOf({ properties: { to: 'a' } }), '005373c006034040a10161')
    assert.equal(hexOf({ applicationProperties: new Map() }), '005374c10100')
  })

  it('write a header that was sent with its defaults spelled out without them, and mean the same', () => {
    const spelled = fromHex('005370c0070542500440' + '4243')
    assert.deepEqual(spelled.header, fromHex('00537045').header)
    assert.equal(hexOf(spelled.toMessage()), '00537045')
  })

  it('keep the type of their ids', () => {
    const ids = [
      'text',
      '',
      0,
      255,
      2 ** 40,
      2n ** 64n - 1n,
      Uuid.parse('00112233-4455-6677-8899-aabbccddeeff'),
      Buffer.from([1]),
    ]
    for (const id of ids) {
      const { properties } = new EncodedMessage(encode({ properties: { messageId: id, correlationId: id } }))
      assert.deepEqual(properties?.messageId, id)
      assert.deepEqual(properties?.correlationId, id)
    }
    assert.equal(hexOf({ properties: { messageId: 5 } }), '005373c00301' + '5305')
    assert.throws(
      () => hexOf({ properties: { messageId: {} as never } }),
      /message-id: expected string, ulong, uuid or binary/,
    )
    assert.throws(
      () => fromHex('005373c003015401').properties,
      /message-id: expected string, ulong, uuid or binary, found int/,
    )
  })

  it('have bodies of one value, of bytes, or of lists', () => {
    const bodies: [Message['body'], string][] = [
      [{ type: 'value', value: null }, '00537740'],
      [{ type: 'value', value: [] }, '00537745'],
      [{ type: 'data', chunks: [Buffer.from('a')] }, '005375a00161'],
      [
        { type: 'data', chunks: [Buffer.from('a'), Buffer.alloc(0), Buffer.from('b')] },
        '005375a00161005375a000005375a00162',
      ],
      [{ type: 'sequence', lists: [[1], []] }, '005376c003015401' + '00537645'],
    ]
    for (const [body, hex] of bodies) {
      assert.equal(hexOf({ body }), hex)
      assert.deepEqual(fromHex(hex).body, body)
      const footer = new Map([['x', 1]])
      assert.deepEqual(new EncodedMessage(encode({ body, footer })).toMessage(), { ...ABSENT, body, footer })
    }
    assert.throws(() => hexOf({ body: { type: 'text' } as never }), /body: expected/)
  })

  it('are read under symbolic descriptors too', () => {
    const symbol = Buffer.from('amqp:amqp-value:*').toString('hex')
    assert.deepEqual(fromHex(`00a311${symbol}41`).body, { type: 'value', value: true })
  })

  it('write values of their maps by the type that is stated', () => {
    const applicationProperties = new Map([['n', typed('ulong', 1)]])
    assert.equal(hexOf({ applicationProperties }), '005374c10602a1016e5301')
    assert.throws(() => hexOf({ applicationProperties: new Map([[1 as never, 1]]) }), EncodeError)
    assert.throws(() => hexOf({ header: { ttl: -1 } }), /header.ttl: -1 does not fit the type uint/)
  })
})

describe('a received message', () => {
  it('decodes a section once', () => {
    const message = new EncodedMessage(encode(FULL))
    assert.equal(message.properties, message.properties)
    assert.equal(message.applicationProperties, message.applicationProperties)
    assert.equal(message.body, message.body)
  })

  it('decodes only the section that is asked for', () => {
    // The header is broken; nobody asks for it.
    const message = fromHex('005370c003014600' + '005373c006034040a10161')
    assert.equal(message.properties?.to, 'a')
    assert.throws(() => message.header, DecodeError)
    assert.throws(() => message.header, DecodeError, 'each time')
  })

  it('gives the value or the bytes of its body without a question for its kind', () => {
    const received = (body: Message['body']) => new EncodedMessage(encode({ body }))
    const text = received({ type: 'value', value: 'text' })
    assert.deepEqual([text.value, text.data], ['text', undefined])
    const bytes = received({ type: 'data', chunks: [Buffer.from('one')] })
    assert.deepEqual([bytes.value, bytes.data?.toString()], [undefined, 'one'])
    assert.equal(bytes.data?.buffer, bytes.bytes.buffer)
    const chunks = received({ type: 'data', chunks: [Buffer.from('one'), Buffer.from('two')] })
    assert.equal(chunks.data?.toString(), 'onetwo')
    const lists = received({ type: 'sequence', lists: [[1]] })
    assert.deepEqual([lists.value, lists.data], [undefined, undefined])
    const none = received(undefined)
    assert.deepEqual([none.value, none.data], [undefined, undefined])
  })

  it('gives binaries as views of its bytes', () => {
    const bytes = Buffer.from('005375a00161', 'hex')
    const { body } = new EncodedMessage(bytes)
    assert.ok(body?.type === 'data')
    assert.equal(body.chunks[0]?.buffer, bytes.buffer)
  })

  const refused: [what: string, hex: string, message: RegExp][] = [
    ['a section twice', '0053704500537045', /section 0x70 may not follow section 0x70/],
    ['sections out of order', '0053734500537045', /section 0x70 may not follow section 0x73/],
    ['a section behind the footer', '005378c1010000537740', /section 0x77 may not follow section 0x78/],
    ['two values', '0053774000537740', /section 0x77 may not follow section 0x77/],
    ['two kinds of body', '005375a00000537645', /section 0x76 may not follow section 0x75/],
    ['two kinds of body in another order', '005376450053' + '7740', /section 0x77 may not follow section 0x76/],
    ['an unknown section', '0053794500537040', /expected a section/],
    ['a performative', '00531845', /expected a section/],
    ['a section under an unknown symbol', '00a3017845', /expected a section/],
    ['a value that is not described', '40', /expected described value, found null/],
    ['a cut off descriptor', '0053', /1 more bytes needed/],
    ['a cut off section', '005377a105', /5 more bytes needed, 0 there/],
    ['a section without content', '005370', /1 more bytes needed/],
  ]
  for (const [what, hex, message] of refused) {
    it(`refuses ${what}, whatever is asked for`, () => {
      const isRefusal = (error: unknown) => error instanceof DecodeError && message.test(error.message)
      assert.throws(() => fromHex(hex).header, isRefusal)
      assert.throws(() => fromHex(hex).footer, isRefusal)
      assert.throws(() => fromHex(hex).toMessage(), isRefusal)
    })
  }

  const wrong: [what: string, hex: string, message: RegExp][] = [
    ['a header with six fields', '005370c00706404040404040', /header: expected at most 5 fields, found 6/],
    ['a priority that is a uint', '005370c004024052' + '01', /header.priority: expected ubyte, found uint/],
    ['a property of another type', '005373c005034040' + '5201', /properties.to: expected string, found uint/],
    ['properties with 14 fields', `005373c00f0e${'40'.repeat(14)}`, /properties: expected at most 13 fields, found 14/],
    ['annotations under numbers', '005372c1050254015401', /message-annotations \(a key\): expected symbol, found int/],
    ['application properties that are a list', '00537445', /application-properties: expected map, found list/],
    ['data that is a string', '005375a10161', /data: expected binary, found string/],
    ['data that is null', '00537540', /expected a body, found null/],
    ['a sequence that is a map', '005376c10100', /amqp-sequence: expected a list/],
  ]
  for (const [what, hex, message] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => fromHex(hex).toMessage(),
        (error) => error instanceof DecodeError && message.test(error.message),
      )
    })
  }

  it('gives symbols in generic values as such, and in its own fields as strings', () => {
    const message = fromHex('005372c10802' + 'a30178a3027979' + '005377a30161')
    assert.deepEqual(message.messageAnnotations, new Map([['x', new AmqpSymbol('yy')]]))
    assert.deepEqual(message.body, { type: 'value', value: new AmqpSymbol('a') })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'
import { EncodedMessage, encodeMessage, type Message } from '../../../src/codec/sections.ts'
import { Uuid } from '../../../src/codec/types.ts'
import { readVectors } from './vectors.ts'

interface Golden {
  readonly name: string
  readonly amqp_message_hex: string
  readonly amqp_message_length: number
  readonly decoded?: {
    readonly header: Record<string, unknown>
    readonly properties: Record<string, unknown>
    readonly body?: string | null
    readonly application_properties?: null
    readonly message_annotations?: null
    readonly delivery_annotations?: null
  }
  readonly body_json?: string
  readonly message_id?: string
}

const HEADER_KEYS: Record<string, string> = {
  delivery_count: 'deliveryCount',
  durable: 'durable',
  first_acquirer: 'firstAcquirer',
  priority: 'priority',
  ttl_ms: 'ttl',
}

/** Written with long constructors by another encoder than proton's: only the values come back. */
const REWRITTEN = 'decode_call_rewritten'

const goldens = readVectors<Golden>()

function encode(message: Message): Buffer {
  const e = new Encoder()
  encodeMessage(e, message)
  return e.take()
}

function bytesOf(golden: Golden): Buffer {
  const bytes = Buffer.from(golden.amqp_message_hex, 'hex')
  assert.equal(bytes.length, golden.amqp_message_length)
  return bytes
}

function bodyText(message: Message): unknown {
  if (message.body === undefined) return null
  if (message.body.type === 'value') return message.body.value
  assert.equal(message.body.type, 'data')
  return Buffer.concat(message.body.type === 'data' ? message.body.chunks : []).toString()
}

function checkFields(
  found: object | undefined,
  expected: Record<string, unknown>,
  keyOf: (name: string) => string,
): void {
  const fields = found as Record<string, unknown>
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(fields[keyOf(name)] ?? null, value, name)
}

function propertyKey(name: string): string {
  return name.replace('_ms', '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

describe('the golden messages of the Python driver', () => {
  it('are all there', () => {
    assert.ok(goldens.length >= 44, `${goldens.length} files`)
  })

  for (const golden of goldens) {
    it(`${golden.name} decodes to what it says`, () => {
      const message = new EncodedMessage(bytesOf(golden))
      if (golden.decoded !== undefined) {
        checkFields(message.header, golden.decoded.header, (name) => HEADER_KEYS[name]!)
        checkFields(message.properties, golden.decoded.properties, propertyKey)
      }
      assert.equal(bodyText(message), golden.decoded?.body ?? golden.body_json ?? null)
      assert.equal(message.applicationProperties, undefined)
    })

    it(`${golden.name} encodes to the same ${golden.name === REWRITTEN ? 'values' : 'bytes'}`, () => {
      const bytes = bytesOf(golden)
      const message = new EncodedMessage(bytes).toMessage()
      const again = encode(message)
      if (golden.name === REWRITTEN) assert.deepEqual(new EncodedMessage(again).toMessage(), message)
      else assert.equal(again.toString('hex'), bytes.toString('hex'))
    })
  }

  it('keep the type of a message-id that is no string', () => {
    const id = (name: string) => {
      const golden = goldens.find((candidate) => candidate.name === name)!
      return new EncodedMessage(bytesOf(golden)).properties?.messageId
    }
    assert.equal(id('decode_call_id_ulong'), 42)
    assert.deepEqual(id('decode_call_id_uuid'), Uuid.parse('00112233-4455-6677-8899-aabbccddeeff'))
  })

  it('that were received go out with the bytes that they came with', () => {
    for (const golden of goldens) assert.deepEqual(encode(new EncodedMessage(bytesOf(golden))), bytesOf(golden))
  })
})

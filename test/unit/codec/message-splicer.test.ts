import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'
import { DecodeError, EncodeError } from '../../../src/codec/errors.ts'
import { MessageSplicer } from '../../../src/codec/message-splicer.ts'
import { EncodedMessage, encodeMessage, type Message } from '../../../src/codec/sections.ts'
import { type AmqpValue, symbol, typed } from '../../../src/codec/types.ts'

function bytesOf(message: Message): Buffer {
  const encoder = new Encoder(1024)
  encodeMessage(encoder, message)
  return Buffer.from(encoder.take())
}

const body = { type: 'value', value: 'text' } as const
/** A null in the wide form, a string in the wide form, an unsigned number: what encoding anew would not keep. */
const UNUSUAL = Buffer.from('0080000000000000007345' + '005377b10000000568656c6c6f', 'hex')

describe('the header of a message', () => {
  const splicer = new MessageSplicer()

  it('is split from the sections behind it, which stay as they are', () => {
    const header = bytesOf({ header: { durable: true, ttl: 1000 } })
    const split = splicer.split(Buffer.concat([header, UNUSUAL]))
    assert.deepEqual(split.header, { durable: true, priority: 4, ttl: 1000, firstAcquirer: false, deliveryCount: 0 })
    assert.deepEqual(split.sections, UNUSUAL)
  })

  it('may be absent, as everything may be', () => {
    const message = bytesOf({ body })
    assert.deepEqual(splicer.split(message), { header: undefined, sections: message })
    const empty = Buffer.alloc(0)
    assert.deepEqual(splicer.split(empty), { header: undefined, sections: empty })
  })

  it('is put before the sections', () => {
    const header = { durable: true, priority: 9, ttl: 5, firstAcquirer: true, deliveryCount: 3 }
    const joined = splicer.join(header, UNUSUAL)
    assert.deepEqual(splicer.split(joined), { header, sections: UNUSUAL })
    assert.deepEqual(splicer.join({}, UNUSUAL), Buffer.concat([Buffer.from('00537045', 'hex'), UNUSUAL]))
  })

  it('that cannot be encoded leaves nothing behind', () => {
    assert.throws(() => splicer.join({ ttl: -1 }, UNUSUAL), EncodeError)
    assert.deepEqual(splicer.split(splicer.join({ ttl: 1 }, UNUSUAL)).sections, UNUSUAL)
  })

  it('is not found in what is no message', () => {
    for (const hex of ['41', '005310', '0053', '005370', '005370d000000001', '00537040']) {
      assert.throws(() => splicer.split(Buffer.from(hex, 'hex')), DecodeError, hex)
    }
  })
})

describe('annotations', () => {
  const splicer = new MessageSplicer()
  const added = new Map<string, AmqpValue>([
    ['x-opt-a', 'new'],
    ['x-opt-b', symbol('s')],
  ])

  it('are added to those that are there, whose bytes stay', () => {
    const old = new Map([
      ['x-opt-a', typed('ubyte', 1)],
      ['x-opt-c', typed('ulong', 7)],
    ])
    const message = bytesOf({ deliveryAnnotations: old, messageAnnotations: old, properties: { to: 'q' }, body })
    const annotated = splicer.annotate(message, 'message-annotations', added)
    const expected = bytesOf({
      deliveryAnnotations: old,
      messageAnnotations: new Map<string, AmqpValue>([['x-opt-c', typed('ulong', 7)], ...added]),
      properties: { to: 'q' },
      body,
    })
    assert.deepEqual(annotated, expected)
  })

  for (const kind of ['delivery-annotations', 'message-annotations'] as const) {
    const name = kind === 'message-annotations' ? 'messageAnnotations' : 'deliveryAnnotations'
    it(`make a section of their own where there is none: ${kind}`, () => {
      for (const message of [{ properties: { to: 'q' }, body }, { body }, {}]) {
        const annotated = splicer.annotate(bytesOf(message), kind, added)
        assert.deepEqual(annotated, bytesOf({ ...message, [name]: added }))
      }
      const both = splicer.annotate(
        splicer.annotate(UNUSUAL, 'message-annotations', added),
        'delivery-annotations',
        added,
      )
      assert.deepEqual(both.subarray(both.length - UNUSUAL.length), UNUSUAL)
      assert.deepEqual(new EncodedMessage(both).deliveryAnnotations, added)
    })
  }

  it('keep entries whose keys are numbers', () => {
    // { ulong 5: true }
    const section = Buffer.from('005372c1040253' + '0541', 'hex')
    const annotated = splicer.annotate(Buffer.concat([section, UNUSUAL]), 'message-annotations', new Map([['a', true]]))
    assert.equal(annotated.toString('hex'), `005372c1080453${'0541'}a3016141${UNUSUAL.toString('hex')}`)
  })

  it('are not added to what cannot be read, nor when they cannot be written', () => {
    const hostile = ['005372', '005372c10f0253', '005372c10201a0', '005372c1030241', '005370450053', '00531045']
    for (const hex of hostile) {
      assert.throws(() => splicer.annotate(Buffer.from(hex, 'hex'), 'message-annotations', added), DecodeError, hex)
    }
    assert.throws(() => splicer.annotate(UNUSUAL, 'message-annotations', new Map([['é', 1]])), EncodeError)
    assert.deepEqual(splicer.annotate(UNUSUAL, 'message-annotations', new Map()).subarray(6), UNUSUAL)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Decoder } from '../../../src/codec/decoder.ts'
import { ACCEPTED, RELEASED } from '../../../src/codec/delivery-state.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { DecodeError, EncodeError } from '../../../src/codec/errors.ts'
import * as performatives from '../../../src/codec/performatives.ts'
import type { Source, Target } from '../../../src/codec/terminus.ts'
import { AmqpSymbol, Described, symbol, typed } from '../../../src/codec/types.ts'

type Write = (e: Encoder) => void

function bytesOf(write: Write): Buffer {
  const e = new Encoder()
  write(e)
  return e.take()
}

function decode(bytes: Buffer): performatives.Performative {
  const d = new Decoder()
  d.reset(bytes)
  const performative = decodeOne(d)
  assert.equal(d.position, d.end, 'all bytes are read')
  return performative
}

function decodeOne(d: Decoder): performatives.Performative {
  return performatives.decodePerformative(d)
}

function fromHex(hex: string): performatives.Performative {
  return decode(Buffer.from(hex, 'hex'))
}

const ERROR = { condition: 'amqp:not-found', description: 'no such node', info: new Map([['x', 1]]) }

/** As received: every field is there. */
const FULL_SOURCE: Source = {
  address: 'from',
  durable: 2,
  expiryPolicy: 'never',
  timeout: 30,
  dynamic: true,
  dynamicNodeProperties: new Map([['lifetime-policy', new Described(0x2b, [])]]),
  distributionMode: 'copy',
  filter: new Map([['selector', new Described(new AmqpSymbol('apache.org:selector-filter:string'), 'a = 1')]]),
  defaultOutcome: { type: 'modified', deliveryFailed: true, undeliverableHere: false, messageAnnotations: undefined },
  outcomes: ['amqp:accepted:list', 'amqp:rejected:list'],
  capabilities: ['queue'],
}

const FULL_TARGET: Target = {
  address: 'to',
  durable: 1,
  expiryPolicy: 'link-detach',
  timeout: 1,
  dynamic: true,
  dynamicNodeProperties: new Map([['x', 'y']]),
  capabilities: ['topic', 'shared'],
}

/** Performatives with all fields, whose encoding decodes to the same. */
const FULL: readonly [name: string, full: performatives.Performative, write: Write][] = (() => {
  const open: performatives.Open = {
    type: 'open',
    containerId: 'container',
    hostname: 'host',
    maxFrameSize: 65_536,
    channelMax: 100,
    idleTimeOut: 60_000,
    outgoingLocales: ['en-US'],
    incomingLocales: ['en-US', 'de'],
    offeredCapabilities: ['ANONYMOUS-RELAY'],
    desiredCapabilities: ['a', 'b'],
    properties: new Map([['product', 'oslo']]),
  }
  const begin: performatives.Begin = {
    type: 'begin',
    remoteChannel: 3,
    nextOutgoingId: 0xffff_ffff,
    incomingWindow: 2048,
    outgoingWindow: 0,
    handleMax: 255,
    offeredCapabilities: ['a'],
    desiredCapabilities: ['b'],
    properties: new Map([['x', [1, 2]]]),
  }
  const attach: performatives.Attach = {
    type: 'attach',
    name: 'link',
    handle: 7,
    role: true,
    sndSettleMode: 0,
    rcvSettleMode: 1,
    source: FULL_SOURCE,
    target: FULL_TARGET,
    unsettled: new Map([[Buffer.from('tag'), new Described(0x24, [])]]),
    incompleteUnsettled: true,
    initialDeliveryCount: 0,
    maxMessageSize: 2n ** 63n,
    offeredCapabilities: ['a'],
    desiredCapabilities: ['b'],
    properties: new Map(),
  }
  const flow: performatives.Flow = {
    type: 'flow',
    nextIncomingId: 1,
    incomingWindow: 2,
    nextOutgoingId: 3,
    outgoingWindow: 4,
    handle: 5,
    deliveryCount: 0xffff_fff0,
    linkCredit: 1000,
    available: 8,
    drain: true,
    echo: true,
    properties: new Map([['x', null]]),
  }
  const transfer: performatives.Transfer = {
    type: 'transfer',
    handle: 1,
    deliveryId: 2,
    deliveryTag: Buffer.from('tag'),
    messageFormat: 0,
    settled: false,
    more: true,
    rcvSettleMode: 1,
    state: { type: 'received', sectionNumber: 1, sectionOffset: 2 },
    resume: true,
    aborted: true,
    batchable: true,
  }
  const disposition: performatives.Disposition = {
    type: 'disposition',
    role: true,
    first: 1,
    last: 300,
    settled: true,
    state: { type: 'rejected', error: ERROR },
    batchable: true,
  }
  const detach: performatives.Detach = { type: 'detach', handle: 1, closed: true, error: ERROR }
  const end: performatives.End = { type: 'end', error: ERROR }
  const close: performatives.Close = { type: 'close', error: ERROR }
  const mechanisms: performatives.SaslMechanisms = {
    type: 'sasl-mechanisms',
    saslServerMechanisms: ['PLAIN', 'ANONYMOUS'],
  }
  const init: performatives.SaslInit = {
    type: 'sasl-init',
    mechanism: 'PLAIN',
    initialResponse: Buffer.from('\0u\0p'),
    hostname: 'host',
  }
  const challenge: performatives.SaslChallenge = { type: 'sasl-challenge', challenge: Buffer.from('c') }
  const response: performatives.SaslResponse = { type: 'sasl-response', response: Buffer.alloc(0) }
  const outcome: performatives.SaslOutcome = { type: 'sasl-outcome', code: 1, additionalData: Buffer.from('x') }
  return [
    ['open', open, (e) => performatives.encodeOpen(e, open)],
    ['begin', begin, (e) => performatives.encodeBegin(e, begin)],
    ['attach', attach, (e) => performatives.encodeAttach(e, attach)],
    ['flow', flow, (e) => performatives.encodeFlow(e, flow)],
    ['transfer', transfer, (e) => performatives.encodeTransfer(e, transfer)],
    ['disposition', disposition, (e) => performatives.encodeDisposition(e, disposition)],
    ['detach', detach, (e) => performatives.encodeDetach(e, detach)],
    ['end', end, (e) => performatives.encodeEnd(e, end)],
    ['close', close, (e) => performatives.encodeClose(e, close)],
    ['sasl-mechanisms', mechanisms, (e) => performatives.encodeSaslMechanisms(e, mechanisms)],
    ['sasl-init', init, (e) => performatives.encodeSaslInit(e, init)],
    ['sasl-challenge', challenge, (e) => performatives.encodeSaslChallenge(e, challenge)],
    ['sasl-response', response, (e) => performatives.encodeSaslResponse(e, response)],
    ['sasl-outcome', outcome, (e) => performatives.encodeSaslOutcome(e, outcome)],
  ]
})()

const NO_TERMINUS = { address: undefined, dynamicNodeProperties: undefined, capabilities: undefined }
const TERMINUS_DEFAULTS = { durable: 0, expiryPolicy: 'session-end', timeout: 0, dynamic: false }

/** The mandatory fields alone: the bytes, and what decoding fills in. */
const LEAST: readonly [name: string, write: Write, hex: string, decoded: object][] = [
  [
    'open',
    (e) => performatives.encodeOpen(e, { containerId: 'c', maxFrameSize: 0xffff_ffff, channelMax: 65_535 }),
    '005310c00401a10163',
    { containerId: 'c', maxFrameSize: 0xffff_ffff, channelMax: 65_535 },
  ],
  [
    'begin',
    (e) => performatives.encodeBegin(e, { nextOutgoingId: 0, incomingWindow: 1, outgoingWindow: 2 }),
    '005311c0070440435201' + '5202',
    { nextOutgoingId: 0, incomingWindow: 1, outgoingWindow: 2, handleMax: 0xffff_ffff },
  ],
  [
    'attach',
    (e) => performatives.encodeAttach(e, { name: 'l', handle: 0, role: false }),
    '005312c00603a1016c4342',
    { name: 'l', handle: 0, role: false, sndSettleMode: 2, rcvSettleMode: 0, incompleteUnsettled: false },
  ],
  [
    'flow',
    (e) => performatives.encodeFlow(e, { incomingWindow: 0, nextOutgoingId: 0, outgoingWindow: 0, drain: false }),
    '005313c0050440434343',
    { incomingWindow: 0, nextOutgoingId: 0, outgoingWindow: 0, drain: false, echo: false },
  ],
  [
    'transfer',
    (e) => performatives.encodeTransfer(e, { handle: 0, more: false }),
    '005314c0020143',
    { handle: 0, more: false, resume: false, aborted: false, batchable: false },
  ],
  [
    'disposition',
    (e) => performatives.encodeDisposition(e, { role: false, first: 1, settled: false }),
    '005315c00402425201',
    { role: false, first: 1, settled: false, batchable: false },
  ],
  ['detach', (e) => performatives.encodeDetach(e, { handle: 0 }), '005316c0020143', { handle: 0, closed: false }],
  ['end', (e) => performatives.encodeEnd(e, {}), '00531745', {}],
  ['close', (e) => performatives.encodeClose(e, {}), '00531845', {}],
  [
    'sasl-mechanisms',
    (e) => performatives.encodeSaslMechanisms(e, { saslServerMechanisms: ['PLAIN'] }),
    '005340c00b01e00801a305504c41494e',
    { saslServerMechanisms: ['PLAIN'] },
  ],
  ['sasl-init', (e) => performatives.encodeSaslInit(e, { mechanism: 'A' }), '005341c00401a30141', { mechanism: 'A' }],
  ['sasl-outcome', (e) => performatives.encodeSaslOutcome(e, { code: 0 }), '005344c003015000', { code: 0 }],
]

describe('performatives', () => {
  for (const [name, full, write] of FULL) {
    it(`${name} comes back with all its fields`, () => assert.deepEqual(decode(bytesOf(write)), full))
  }

  for (const [name, write, hex, decoded] of LEAST) {
    it(`${name} is as short as its mandatory fields allow, and comes back with the defaults`, () => {
      const bytes = bytesOf(write)
      assert.equal(bytes.toString('hex'), hex)
      const full = FULL.find(([candidate]) => candidate === name)![1]
      const absent = Object.fromEntries(Object.keys(full).map((key) => [key, undefined]))
      assert.deepEqual(decode(bytes), { ...absent, type: name, ...decoded })
    })
  }

  it('have their fields in one order, however much of them was sent', () => {
    for (const [name, write] of LEAST) {
      const full = FULL.find(([candidate]) => candidate === name)![1]
      assert.deepEqual(Object.keys(decode(bytesOf(write))), Object.keys(full))
    }
  })

  it('are read under their symbolic and long descriptors too', () => {
    const symbolic = Buffer.from('amqp:end:list').toString('hex')
    assert.equal(fromHex(`00a30d${symbolic}45`).type, 'end')
    assert.equal(fromHex('00800000000000000018' + '45').type, 'close')
    assert.equal(fromHex('005318d00000000400000000').type, 'close')
  })

  it('leave the decoder at the payload of a transfer', () => {
    const d = new Decoder()
    d.reset(Buffer.from('005314c0020143005377a10161', 'hex'))
    decodeOne(d)
    assert.equal(d.position, 7)
  })

  it('take a delivery tag in any bytes', () => {
    const bytes = bytesOf((e) => performatives.encodeTransfer(e, { handle: 0, deliveryTag: new Uint8Array([1]) }))
    assert.equal(bytes.toString('hex'), '005314c006034340a00101')
  })

  it('tell a target from a coordinator', () => {
    const attach = (target: performatives.Attach['target']) => {
      const write: Write = (e) => performatives.encodeAttach(e, { name: 'l', handle: 0, role: false, target })
      return (decode(bytesOf(write)) as performatives.Attach).target
    }
    assert.deepEqual(attach({ type: 'coordinator', capabilities: ['amqp:local-transactions'] }), {
      type: 'coordinator',
      capabilities: ['amqp:local-transactions'],
    })
    assert.deepEqual(attach({}), { ...NO_TERMINUS, ...TERMINUS_DEFAULTS })
    assert.deepEqual(attach({ address: 'a' }), { ...NO_TERMINUS, ...TERMINUS_DEFAULTS, address: 'a' })
    assert.equal(attach(undefined), undefined)
  })

  it('fill in the defaults of a source', () => {
    const write: Write = (e) =>
      performatives.encodeAttach(e, { name: 'l', handle: 0, role: true, source: { address: 'a' } })
    const { source } = decode(bytesOf(write)) as performatives.Attach
    assert.deepEqual(source, {
      ...NO_TERMINUS,
      ...TERMINUS_DEFAULTS,
      address: 'a',
      distributionMode: undefined,
      filter: undefined,
      defaultOutcome: undefined,
      outcomes: undefined,
    })
  })
})

describe('delivery states', () => {
  const stateOf = (state: performatives.Disposition['state']) => {
    const bytes = bytesOf((e) => performatives.encodeDisposition(e, { role: true, first: 0, state }))
    return (decode(bytes) as performatives.Disposition).state
  }

  it('accepted and released are the constants, without allocation', () => {
    assert.equal(stateOf({ type: 'accepted' }), ACCEPTED)
    assert.equal(stateOf({ type: 'released' }), RELEASED)
    const bytes = bytesOf((e) =>
      performatives.encodeDisposition(e, { role: true, first: 0, settled: true, state: ACCEPTED }),
    )
    assert.equal(bytes.toString('hex'), '005315c0090541434041' + '00532445')
  })

  it('come back as they were', () => {
    const annotations = new Map([['x', 1]])
    const states: performatives.Disposition['state'][] = [
      { type: 'rejected', error: undefined },
      { type: 'rejected', error: { condition: 'a', description: undefined, info: undefined } },
      { type: 'modified', deliveryFailed: false, undeliverableHere: false, messageAnnotations: undefined },
      { type: 'modified', deliveryFailed: true, undeliverableHere: false, messageAnnotations: undefined },
      { type: 'modified', deliveryFailed: false, undeliverableHere: true, messageAnnotations: undefined },
      { type: 'modified', deliveryFailed: false, undeliverableHere: false, messageAnnotations: annotations },
      { type: 'received', sectionNumber: 0, sectionOffset: 2n ** 60n },
      { type: 'other', value: new Described(0x34, [Buffer.from('txn'), new Described(0x24, [])]) },
      { type: 'other', value: new Described(symbol('x:y:list'), 'anything') },
      undefined,
    ]
    for (const state of states) assert.deepEqual(stateOf(state), state)
  })

  it('that do not exist are refused', () => {
    assert.throws(() => stateOf({ type: 'lost' } as never), /disposition.state: there is no delivery state lost/)
  })
})

describe('performatives that are wrong', () => {
  const refused: [what: string, hex: string, message: RegExp][] = [
    ['no described value', '45', /performative: expected described value, found list/],
    ['another described value', '00537045', /performative: expected a performative, found another described value/],
    ['an unknown symbol', '00a3017845', /expected a performative/],
    ['a descriptor of another type', '00a1017845', /expected a performative/],
    ['a map instead of a list', '005310c10100', /open: expected list, found map/],
    ['null instead of a list', '00531840', /close: expected list, found null/],
    [
      'a mandatory field that is missing',
      '00531045',
      /open.container-id: expected string, found nothing \(the field is mandatory\)/,
    ],
    ['a mandatory field that is null', '005310c0020140', /open.container-id: expected string, found nothing/],
    ['a field of another type', '005310c003015201', /open.container-id: expected string, found uint/],
    ['an unknown constructor', '005310c0020146', /open.container-id: expected string, found unknown constructor 0x46/],
    ['more fields than there are', '005317c003024040', /end: expected at most 1 fields, found 2/],
    ['bytes behind the fields', '005317c003014040', /end: the items end 1 bytes before the size given/],
    ['a transfer without handle', '00531445', /transfer.handle: expected uint, found nothing/],
    ['a transfer with 12 fields', `005314c00d0c43${'40'.repeat(11)}`, /transfer: expected at most 11 fields, found 12/],
    [
      'a transfer whose tag is a string',
      '005314c006034340a10178',
      /transfer.delivery-tag: expected binary, found string/,
    ],
    ['a flow without window', '00531345', /flow.incoming-window: expected uint/],
    ['a flow without next id', '005313c003024043', /flow.next-outgoing-id: expected uint/],
    ['a flow without outgoing window', '005313c00403404343', /flow.outgoing-window: expected uint/],
    ['a disposition without role', '00531545', /disposition.role: expected boolean/],
    ['a disposition without first', '005315c0020141', /disposition.first: expected uint/],
    [
      'a disposition whose state is no described value',
      '005315c006054143404045',
      /disposition.state: expected described value, found list/,
    ],
    ['an accepted with a field', '005315c00b0541434040005324c0020140', /accepted: expected at most 0 fields/],
    [
      'a received without offset',
      '005315c00b0541434040005323c0020143',
      /received: expected section-number and section-offset/,
    ],
    ['an error that is no error', '005317c00501005324' + '45', /end.error: expected an error/],
    ['an error without condition', '005317c00501' + '00531d45', /error.condition: expected symbol, found nothing/],
    ['a source that is a target', '005312c00c06a1016c4342404000532945', /attach.source: expected a source/],
    ['a target that is a source', `005312c00d07a1016c43424040${'40'}00532845`, /attach.target: expected a target/],
    [
      'an unsettled map that is a list',
      `005312c00b08a1016c434240404040` + '45',
      /attach.unsettled: expected map, found/,
    ],
  ]
  for (const [what, hex, message] of refused) {
    it(`are refused: ${what}`, () => {
      assert.throws(
        () => fromHex(hex),
        (error) => error instanceof DecodeError && message.test(error.message),
      )
    })
  }

  it('are not sent: a mandatory field is missing', () => {
    const nothing = {} as never
    assert.throws(
      () => bytesOf((e) => performatives.encodeOpen(e, nothing)),
      /open.container-id: a string must be given/,
    )
    assert.throws(() => bytesOf((e) => performatives.encodeTransfer(e, nothing)), EncodeError)
    assert.throws(() => bytesOf((e) => performatives.encodeFlow(e, nothing)), EncodeError)
    assert.throws(() => bytesOf((e) => performatives.encodeDisposition(e, nothing)), EncodeError)
    assert.throws(() => bytesOf((e) => performatives.encodeEnd(e, { error: nothing })), /error.condition/)
  })

  it('are not sent: a field does not fit', () => {
    const begin = { nextOutgoingId: 0, incomingWindow: -1, outgoingWindow: 0 }
    assert.throws(() => bytesOf((e) => performatives.encodeBegin(e, begin)), {
      name: 'EncodeError',
      message: 'begin.incoming-window: -1 does not fit the type uint',
    })
    const settled = 1 as never
    assert.throws(() => bytesOf((e) => performatives.encodeTransfer(e, { handle: 0, settled })), /transfer.settled/)
    const unsettled = typed('list', []) as never
    const attach = { name: 'l', handle: 0, role: true, unsettled }
    assert.throws(() => bytesOf((e) => performatives.encodeAttach(e, attach)), EncodeError)
  })
})

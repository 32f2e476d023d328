import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { describeFrame } from '../../../src/amqp/describe-frame.ts'
import type { Performative } from '../../../src/codec/performatives.ts'
import { AmqpArray, Described, symbol, typed, Uuid } from '../../../src/codec/types.ts'
import { attachedSender, bodyOf, clientOf, openClient, startListener, until } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { frameBytes, type Scripted } from '../../support/scripted-peer.ts'

const line = (frame: Scripted, payloadBytes = 0): string =>
  describeFrame(frame as unknown as Performative, payloadBytes)

describe('a frame as a line of text', () => {
  it("has the specification's names, and only what says something", () => {
    const attach = {
      type: 'attach',
      name: 'up',
      handle: 0,
      role: true,
      sndSettleMode: 2,
      source: { address: 'q', durable: 0, expiryPolicy: 'session-end', timeout: 0, dynamic: false },
      target: { address: 'q', durable: 2 },
      incompleteUnsettled: false,
      desiredCapabilities: ['a', 'b'],
    } as const
    const expected =
      'attach name="up" handle=0 role=receiver snd-settle-mode=2 source={address="q"} target={address="q" durable=2}'
    assert.equal(line(attach), `${expected} desired-capabilities=["a" "b"]`)
  })

  it('counts the payload and shows binaries in part', () => {
    const transfer = {
      type: 'transfer',
      handle: 0,
      deliveryId: 3,
      deliveryTag: Buffer.of(0, 3),
      messageFormat: 0,
    } as const
    assert.equal(line(transfer, 128), 'transfer handle=0 delivery-id=3 delivery-tag=0x0003 (128 bytes)')
    const long = line({ ...transfer, deliveryTag: Buffer.alloc(40) })
    assert.match(long, /delivery-tag=0x0{64}… \(40 bytes\)/)
  })

  it('shows values of every kind', () => {
    const properties = new Map<string, unknown>([
      ['list', [1, null, true]],
      ['symbol', symbol('s')],
      ['array', new AmqpArray('int', [1, 2])],
      ['described', new Described(symbol('d'), 7)],
      ['typed', typed('ulong', 5n)],
      ['date', new Date(0)],
      ['uuid', Uuid.parse('00000000-0000-0000-0000-000000000001')],
    ])
    assert.equal(
      line({ type: 'open', containerId: 'c', properties }),
      'open container-id="c" properties={list=[1 null true] symbol=:s array=[1 2] described=@:d(7) typed=5 ' +
        'date=1970-01-01T00:00:00.000Z uuid=00000000-0000-0000-0000-000000000001}',
    )
    const error = { condition: 'amqp:not-found', description: 'no such queue' }
    assert.equal(
      line({ type: 'disposition', role: true, first: 1, settled: true, state: { type: 'rejected', error } }),
      'disposition role=receiver first=1 settled=true state=rejected(error={condition="amqp:not-found" description="no such queue"})',
    )
  })

  it('masks what may be a secret, wherever it stands', () => {
    const secret = Buffer.from('\0me\0hunter2')
    for (const frame of [
      { type: 'sasl-init', mechanism: 'PLAIN', initialResponse: secret },
      { type: 'sasl-challenge', challenge: secret },
      { type: 'sasl-response', response: secret },
      { type: 'sasl-outcome', code: 0, additionalData: secret },
      { type: 'open', containerId: 'c', properties: new Map([['x-auth-token', 'hunter2']]) },
      { type: 'open', containerId: 'c', properties: new Map([['Password', 'hunter2']]) },
    ] as const) {
      const text = line(frame)
      assert.match(text, /\*\*\*/)
      assert.doesNotMatch(text, /hunter2|68756e74657232/)
    }
  })

  it('escapes control characters and is cut when it is long', () => {
    assert.equal(line({ type: 'open', containerId: 'a\u001b[2Jb\nc' }), 'open container-id="a\\u001b[2Jb\\u000ac"')
    const many = Array.from({ length: 1000 }, (_, n) => `capability-${n}`)
    assert.ok(line({ type: 'open', containerId: 'c', offeredCapabilities: many }).length < 2_100)
  })
})

describe('the trace of a connection', () => {
  it('has a line for each header and frame of both directions', async (t) => {
    const lines: string[] = []
    const { peer, sender } = await attachedSender(t, 1, {}, {})
    assert.ok(peer && sender) // that the fixture itself does not trace
    const listener = await startListener(t)
    const connection = await connect({
      host: listener.host,
      port: listener.port,
      containerId: 'c',
      trace: (text) => lines.push(text),
    })
    await connection.close()
    const texts = lines.map((text) => text.replace(/^\d\d:\d\d:\d\d\.\d{3} 127\.0\.0\.1:\d+ /, ''))
    assert.deepEqual(
      texts.map((text) => text.replace(/^(\S+ \S+ \S+).*/, '$1')),
      ['-> AMQP 1.0.0', '-> 0 open', '<- AMQP 1.0.0', '<- 0 open', '-> 0 close', '<- 0 close'],
    )
    assert.match(texts[1] as string, /^-> 0 open container-id="c" max-frame-size=65536/)
  })

  it('says of a frame that it cannot read that it cannot, and the connection ends as it does without', async (t) => {
    const lines: string[] = []
    const { connection, peer } = await openClient(t, { trace: (text) => lines.push(text) })
    peer.sendRaw(Buffer.of(0, 0, 0, 10, 2, 0, 0, 0, 0x41, 0x42))
    assert.match((await connection.closed)?.message ?? '', /expected described value/)
    assert.ok(lines.some((text) => /<- 0 unreadable frame of 2 bytes: performative: expected/.test(text)))
  })

  it('is not stopped by a function that throws', async (t) => {
    const defects = defectsOf(t)
    const listener = await startListener(t, {
      trace: () => {
        throw new Error('no')
      },
    })
    const peer = await clientOf(t, listener)
    peer.send({ type: 'close' })
    await peer.expect('close')
    assert.match(defects[0]?.where ?? '', /trace/)
  })

  it('is turned on by the environment', async (t) => {
    const written: string[] = []
    process.env.OSLO_MESSAGING_TRACE = '1'
    t.mock.method(process.stderr, 'write', (text: string) => written.push(text) > 0)
    t.after(() => void delete process.env.OSLO_MESSAGING_TRACE)
    const { peer } = await openClient(t)
    delete process.env.OSLO_MESSAGING_TRACE
    peer.sendRaw(frameBytes({ type: 'begin', nextOutgoingId: 0, incomingWindow: 1, outgoingWindow: 1 }, bodyOf('x')))
    await until(() => written.some((text) => text.includes('<- 0 begin')))
    assert.ok(written.every((text) => text.endsWith('\n')))
  })
})

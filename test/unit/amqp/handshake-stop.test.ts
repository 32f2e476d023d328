// What a callback answers after the connection has ended is not heard: nothing is written, nobody comes in.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClientHandshake } from '../../../src/amqp/client-handshake.ts'
import type { HandshakeWriter } from '../../../src/amqp/handshake.ts'
import { SaslOffer } from '../../../src/amqp/sasl-offer.ts'
import { ServerHandshake } from '../../../src/amqp/server-handshake.ts'
import { PROTOCOL } from '../../../src/codec/frame.ts'
import { nextTurn } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { init, PEER, PROTECTED } from '../../support/sasl-fixtures.ts'

/** Writes down what a handshake says and how it ends. */
function recorder(): { writer: HandshakeWriter; said: string[] } {
  const said: string[] = []
  const writer: HandshakeWriter = {
    writeHeader: (id) => said.push(`header ${id}`),
    writeSasl: ({ type }) => said.push(type),
    expectHeader: () => {},
    done: () => said.push('done'),
    fail: () => said.push('failed'),
  }
  return { writer, said }
}

/** A promise that a test settles. */
function later(): { promise: Promise<string>; answer: () => void; fail: () => void } {
  let answer = (): void => {}
  let fail = (): void => {}
  const promise = new Promise<string>((resolve, reject) => {
    answer = () => resolve('good')
    fail = () => reject(new Error('away'))
  })
  return { promise, answer, fail }
}

for (const settle of ['answer', 'fail'] as const)
  describe(`a callback that ${settle}s too late`, () => {
    for (const how of ['stop', 'onBroken'] as const) {
      it(`is not heard by a client after ${how}`, async () => {
        const { writer, said } = recorder()
        const token = later()
        const handshake = new ClientHandshake(writer, { token: () => token.promise }, PROTECTED)
        handshake.start()
        handshake.onSasl({ type: 'sasl-mechanisms', saslServerMechanisms: ['OAUTHBEARER'] })
        handshake[how]()
        token[settle]()
        await nextTurn()
        assert.deepEqual(said, ['header 3'])
      })

      it(`is not heard by a listener after ${how}`, async (t) => {
        const defects = defectsOf(t)
        const { writer, said } = recorder()
        const decision = later()
        const authenticate = async (): Promise<boolean> => (await decision.promise) === 'good'
        const handshake = new ServerHandshake(writer, new SaslOffer({ authenticate }), PEER)
        handshake.onHeader(PROTOCOL.SASL, '1.0.0')
        handshake.onSasl(init('PLAIN', '\0a\0b'))
        handshake[how]()
        decision[settle]()
        await nextTurn()
        assert.deepEqual(said, ['header 3', 'sasl-mechanisms'])
        assert.equal(defects.length, settle === 'fail' ? 1 : 0)
      })
    }
  })

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LinkError } from '../../../src/amqp/errors.ts'
import { redirectOf } from '../../../src/amqp/redirect.ts'
import type { AmqpValue } from '../../../src/codec/types.ts'
import { openClient, openSession } from '../../support/amqp-fixtures.ts'

const INFO = new Map<string, AmqpValue>([
  ['hostname', 'vhost'],
  ['network-host', 'b.example'],
  ['port', 5673],
  ['address', 'elsewhere'],
])

describe('a redirect', () => {
  it('of a connection is in the error, with where to go', async (t) => {
    const { connection, peer } = await openClient(t)
    peer.send({ type: 'close', error: { condition: 'amqp:connection:redirect', info: INFO } })
    const error = await connection.closed
    assert.ok(error)
    assert.deepEqual(redirectOf(error), {
      scope: 'connection',
      networkHost: 'b.example',
      port: 5673,
      hostname: 'vhost',
      address: 'elsewhere',
    })
  })

  it('of a link is in the error, with the address there', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachSender({ address: 'q' }).catch((error: unknown) => error)
    const attach = await peer.expect('attach')
    peer.send({ type: 'attach', name: attach.name, handle: 0, role: true, source: attach.source })
    peer.send({ type: 'detach', handle: 0, closed: true, error: { condition: 'amqp:link:redirect', info: INFO } })
    const error = await attaching
    assert.ok(error instanceof LinkError)
    assert.equal(redirectOf(error)?.address, 'elsewhere')
    assert.equal(redirectOf(error)?.scope, 'link')
  })

  it('without sense has no place to go, and another error is none', () => {
    const info = new Map<string, AmqpValue>([
      ['network-host', 7],
      ['port', 700_000],
    ])
    const nonsense = new LinkError('m', { origin: 'remote', condition: 'amqp:link:redirect', info })
    assert.deepEqual(redirectOf(nonsense), {
      scope: 'link',
      networkHost: undefined,
      port: undefined,
      hostname: undefined,
      address: undefined,
    })
    assert.equal(redirectOf(new LinkError('m', { origin: 'remote', condition: 'amqp:not-found', info })), undefined)
  })
})

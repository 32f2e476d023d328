import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AmqpValue, Connection } from '../../../src/amqp/index.ts'
import { AddressTable } from '../../../src/router/address-table.ts'
import { Consumer } from '../../../src/router/consumer.ts'
import { DistributionRules } from '../../../src/router/distribution-rules.ts'
import type { ManagedHost } from '../../../src/router/entity-type.ts'
import { ENTITY_TYPES, entityTypeOf } from '../../../src/router/management-entities.ts'
import { answerTo } from '../../../src/router/management-reading.ts'
import { Peers } from '../../../src/router/peers.ts'

const router = { id: 'r', version: '1', tls: true, startedAt: 0 }

function hostWith(connections: number, linksOfEach: number): ManagedHost {
  const table = new AddressTable(new DistributionRules([]), 'r')
  const peers = new Peers()
  for (let n = 0; n < connections; n += 1) {
    const connection = { remoteAddress: `10.0.0.1:${n}`, remote: { containerId: `c${n}` }, isOpen: true }
    const peer = peers.join(connection as Connection, table)
    for (let link = 0; link < linksOfEach; link += 1) {
      const address = table.obtain(`a.${n}.${link}`)
      assert.ok(address)
      peer.attached({ name: `l${link}` } as never, 'out', new Consumer(address))
    }
  }
  return { router, table, peers: peers.of(table) }
}

function results(host: ManagedHost, asked: Record<string, AmqpValue>, attributeNames: string[]): AmqpValue[][] {
  const { status, body } = answerTo(
    {
      applicationProperties: new Map(Object.entries({ operation: 'QUERY', ...asked })),
      body: { type: 'value', value: new Map([['attributeNames', attributeNames]]) },
    },
    host,
  )
  assert.equal(status, 200)
  return (body as Map<string, AmqpValue>).get('results') as AmqpValue[][]
}

describe('a query for links', () => {
  it('counts its offset over all connections', () => {
    const host = hostWith(4, 3)
    const all = results(host, { type: 'link' }, ['address'])
    assert.equal(all.length, 12)
    for (let offset = 0; offset <= 13; offset += 1)
      assert.deepEqual(results(host, { type: 'link', offset }, ['address']), all.slice(offset), String(offset))
    assert.deepEqual(results(host, { type: 'link', offset: 5, count: 2 }, ['address']), all.slice(5, 7))
    assert.deepEqual(results(host, { type: 'link', count: 0 }, ['address']), [])
  })

  it('is of the links that are there, each with an identity of its own', () => {
    const host = hostWith(2, 2)
    const [first] = host.peers
    const [link] = first?.links ?? []
    first?.detached(link, undefined)
    first?.attached({ name: 'new' } as never, 'out', new Consumer(host.table.obtain('b') as never))
    const identities = results(host, { type: 'link' }, ['identity']).flat()
    assert.deepEqual(identities, ['1.2', '1.3', '2.1', '2.2'])
  })
})

describe('the kinds of things', () => {
  it('have names, with the prefix and without', () => {
    for (const type of ENTITY_TYPES) {
      assert.equal(entityTypeOf(type.name), type)
      assert.equal(entityTypeOf(type.name.replace(/^.*\./, '')), type)
    }
    for (const name of ['', 'constructor', 'org.apache.qpid.dispatch', 'Link'])
      assert.equal(entityTypeOf(name), undefined)
  })

  it('have a value for each of their attributes', () => {
    const host = hostWith(1, 1)
    for (const type of ENTITY_TYPES) {
      const [row] = type.rows(host, 0, type.attributeNames)
      assert.equal(row?.length, type.attributeNames.length)
      assert.ok(
        row?.every((value) => value !== undefined),
        type.name,
      )
    }
  })
})

describe('offsets and counts', () => {
  it('have to be whole numbers, whatever their type', () => {
    const host = hostWith(1, 0)
    const statusOf = (offset: AmqpValue) =>
      answerTo(
        {
          applicationProperties: new Map<string, AmqpValue>(
            Object.entries({ operation: 'QUERY', type: 'link', offset }),
          ),
        },
        host,
      ).status
    for (const offset of [0, 1, Number.MAX_SAFE_INTEGER, null, undefined]) assert.equal(statusOf(offset), 200)
    for (const offset of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 60n, '0', new Date(0), [0]])
      assert.equal(statusOf(offset as AmqpValue), 400, String(offset))
  })
})

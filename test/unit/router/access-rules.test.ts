import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LinkRequest } from '../../../src/amqp/index.ts'
import { AccessRules } from '../../../src/router/access-rules.ts'
import { ConfigFile } from '../../../src/router/config-file.ts'
import { JsonPlace } from '../../../src/router/json-place.ts'
import { PeerAccess } from '../../../src/router/peer-access.ts'

const rules = (send: readonly string[], receive: readonly string[] = []): AccessRules =>
  AccessRules.read(JsonPlace.of(new ConfigFile('users.json', JSON.stringify({ send, receive }))))

describe('the access rules of a user', () => {
  it('cover addresses by prefix, or by pattern where a token is * or #', () => {
    const some = rules(['openstack.org/om/rpc', 'events.*.error', 'jobs/#/done'])
    const allowed = [
      'openstack.org/om/rpc',
      '/openstack.org/om/rpc/anycast/x',
      'events.nova.error',
      'jobs.done',
      'jobs/a/b/done',
    ]
    const others = ['openstack.org/om/rpcs', 'openstack.org/om', 'events.error', 'events.nova.error.x', 'jobs', '', 'x']
    for (const address of allowed) assert.equal(some.allows('send', address), true, address)
    for (const address of others) assert.equal(some.allows('send', address), false, address)
  })

  it('are apart for the two directions, and an empty list means nothing', () => {
    const some = rules(['a'], ['b'])
    assert.deepEqual([some.allows('send', 'a'), some.allows('receive', 'a')], [true, false])
    assert.deepEqual([some.allows('send', 'b'), some.allows('receive', 'b')], [false, true])
    assert.equal(rules([]).allows('send', 'a'), false)
  })

  it('give $management only where it is named', () => {
    const all = rules(['#', '*'])
    assert.deepEqual([all.allows('send', 'x'), all.allows('send', '$management')], [true, false])
    assert.equal(rules(['#', '$management']).allows('send', '$management'), true)
    assert.equal(rules(['$management']).allows('send', 'x'), false)
  })
})

describe('the access of a peer', () => {
  const access = new PeerAccess(rules(['a'], ['b']), { isDynamic: (name) => name.startsWith('dynamic') })
  const refusal = (request: Partial<LinkRequest>) => access.refusalOf(request as LinkRequest)

  it('refuses attaches with the address and the direction', () => {
    assert.equal(refusal({ role: 'sender', target: { address: 'a' } }), undefined)
    assert.deepEqual(refusal({ role: 'sender', target: { address: 'b' } }), {
      condition: 'amqp:unauthorized-access',
      description: 'this user may not send to "b"',
    })
    assert.equal(refusal({ role: 'receiver', source: { address: 'b' } }), undefined)
    assert.equal(
      refusal({ role: 'receiver', source: { address: 'a' } })?.description,
      'this user may not receive from "a"',
    )
  })

  it('lets dynamic sources be made, and replies be sent to them', () => {
    assert.equal(refusal({ role: 'receiver', source: { dynamic: true } }), undefined)
    assert.equal(refusal({ role: 'sender', target: { address: 'dynamic.1' } }), undefined)
    assert.equal(access.rejectionOf('dynamic.1'), undefined)
  })

  it('lets senders without an address attach, and looks at each message', () => {
    assert.equal(refusal({ role: 'sender', target: {} }), undefined)
    for (const to of ['a', 'a', 'a.b']) assert.equal(access.rejectionOf(to), undefined)
    for (const to of ['b', 'b', '$management']) assert.equal(access.rejectionOf(to)?.type, 'rejected')
    assert.equal(access.rejectionOf(undefined), undefined)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostList, hostText } from '../../../src/amqp1/host-list.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'

const hosts = (url: string, options: { realm?: string; random?: number } = {}): HostList =>
  new HostList(parseTransportUrl(url).hosts, {
    defaultPort: 5672,
    realm: options.realm ?? '',
    random: () => options.random ?? 0,
  })

test('a URL without hosts means localhost', () => {
  assert.deepEqual(hosts('amqp://').current, {
    hostname: 'localhost',
    port: 5672,
    username: undefined,
    password: undefined,
  })
})

test('the first host is a random one, then it goes round', () => {
  const list = hosts('amqp://a,b:1,c', { random: 0.5 })
  assert.deepEqual([list.current, list.next(), list.next(), list.next()].map(hostText), [
    'b:1',
    'c:5672',
    'a:5672',
    'b:1',
  ])
})

test('credentials belong to their host only', () => {
  const list = hosts('amqp://joe:pw@a,b')
  assert.deepEqual(
    list.hosts.map((host) => host.username),
    ['joe', undefined],
  )
})

test('the default realm is appended to users who have none', () => {
  const names = hosts('amqp://joe:pw@a,jim%40x:pw@b,c', { realm: 'r' }).hosts.map((host) => host.username)
  assert.deepEqual(names, ['joe@r', 'jim@x', undefined])
})

test('an IPv6 address is printed in brackets', () => {
  assert.equal(hostText(hosts('amqp://[::1]:5').current), '[::1]:5')
})

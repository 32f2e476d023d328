import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { adviceFor } from '../../../src/doctor/advice.ts'
import type { PeerFacts } from '../../../src/doctor/diagnosis.ts'

const adviceOf = (
  profile: string,
  values: Record<string, unknown> = {},
  more: { peer?: Partial<PeerFacts>; local?: boolean } = {},
): string =>
  adviceFor({
    profile,
    options: resolveAmqpOptions([{ origin: 'options', values }]),
    peer: (more.peer ?? {}) as PeerFacts,
    findings: [],
    local: more.local ?? false,
  })
    .map(({ title, text }) => `${title}\n${text}`)
    .join('\n')

const matchesOf = (text: string): string[] => [...text.matchAll(/match="([^"]*)"/g)].map(([, match = '']) => match)

test('Artemis is told which queues to keep, and for Python which addresses are queues, in one block for each match', () => {
  const told = adviceOf('artemis')
  assert.deepEqual(matchesOf(told), [
    'openstack.org/om/rpc/#',
    'openstack.org/om/rpc/multicast/#',
    'openstack.org/om/notify/#',
  ])
  assert.equal(told.match(/<wildcard-addresses>/g)?.length, 1)
  assert.match(told, /The delimiter holds for the whole broker/)
  assert.match(told, /match="openstack\.org\/om\/rpc\/#">\n +<auto-delete-queues>true/)
  assert.match(told, /match="openstack\.org\/om\/notify\/#">\n +<auto-delete-queues>false/)
  assert.match(told, /rpc\/multicast\/#">(\n.*){2}\n +<!-- only where Python's peers .*-->\n.*>MULTICAST</)
  assert.equal(matchesOf(adviceOf('artemis', { rpc_address_prefix: 'example.org/rpc' }))[0], 'example.org/rpc/#')
})

test('Artemis is told the matches of legacy addresses where those are used, and no other delimiter', () => {
  const told = adviceOf('artemis', { addressing_mode: 'legacy' })
  assert.deepEqual(matchesOf(told), ['exclusive.#', 'broadcast.#', 'unicast.#'])
  assert.match(told, /match="unicast\.#">\n +<auto-delete-queues>false/)
  assert.doesNotMatch(told, /delimiter/)
})

test('ActiveMQ is told what peers of Python need', () => {
  assert.match(adviceOf('activemq'), /allowNonSaslConnections=true\n.*addressing_mode=legacy.*\n.*topic:\/\/broadcast/)
})

test('Broker-J is told which rights its users need, and how it makes queues for peers of Python', () => {
  assert.match(adviceOf('broker-j'), /ACL ALLOW ALL CREATE QUEUE\n.*CREATE EXCHANGE name="oslo\.notifications"\n/)
  const [, policies = ''] = /"nodeAutoCreationPolicies": (.*)\naddressing_mode=legacy/.exec(adviceOf('broker-j')) ?? []
  const [{ pattern, nodeType }] = JSON.parse(policies) as [{ pattern: string; nodeType: string }]
  assert.equal(nodeType, 'queue')
  assert.match('unicast.openstack.t', new RegExp(`^${pattern}$`))
  assert.doesNotMatch('unicasts', new RegExp(`^${pattern}$`))
})

test('RabbitMQ 4 is told what a user has to be allowed, in each of its versions', () => {
  for (const profile of ['rabbitmq4.0', 'rabbitmq4.1', 'rabbitmq4'])
    assert.match(
      adviceOf(profile),
      /^rabbitmqctl set_permissions .*\\\n {2}'\^\(exclusive\|unicast\|broadcast\|reply\)/m,
    )
})

test('a password that others can read is told of, and not where nobody can', () => {
  const sasl = { mechanism: 'PLAIN', offered: ['PLAIN'] }
  const tls = { protocol: 'TLSv1.3', cipher: 'x', chain: [] }
  assert.match(adviceOf('plain', {}, { peer: { sasl } }), /the password goes over the network as it is: use amqps/)
  assert.equal(adviceOf('plain', {}, { peer: { sasl }, local: true }), '')
  assert.equal(adviceOf('plain', {}, { peer: { sasl, tls } }), '')
})

test('a certificate that ends within a month is told of', () => {
  const until = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const ending = (days: number): string => {
    const chain = [{ subject: 's', issuer: 'i', names: undefined, until: until(days) }]
    return adviceOf('plain', {}, { peer: { tls: { protocol: 'TLSv1.3', cipher: 'x', chain } } })
  }
  assert.match(ending(10), /the certificate of the peer ends on \d{4}-\d\d-\d\d: renew it/)
  assert.equal(ending(60), '')
})

test('Service Bus is told which entities there have to be, by the prefixes and the reply address of the options', () => {
  assert.match(adviceOf('service-bus'), /--name replies --enable-session true/)
  assert.match(adviceOf('service-bus', { reply_address: 'answers' }), /--name answers --enable-session true/)
  const told = adviceOf('service-bus', { broadcast_prefix: 'all', group_request_prefix: 'any' })
  assert.match(told, /--topic-name all\.openstack\.TOPIC\.all --name SERVER/)
  assert.match(told, /--name any\.openstack\.notifications\.info/)
})

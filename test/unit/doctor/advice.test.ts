import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { adviceFor } from '../../../src/doctor/advice.ts'
import type { PeerFacts } from '../../../src/doctor/diagnosis.ts'

const adviceOf = (profile: string, values: Record<string, unknown> = {}): string =>
  adviceFor({
    profile,
    options: resolveAmqpOptions([{ origin: 'options', values }]),
    peer: {} as PeerFacts,
    findings: [],
  })
    .map(({ title, text }) => `${title}\n${text}`)
    .join('\n')

test('Artemis is told which queues to keep, and for Python which addresses are queues, by the prefixes of the options', () => {
  assert.match(adviceOf('artemis'), /match="openstack\.org\/om\/rpc\/#">\n {2}<auto-delete-queues>true/)
  assert.match(adviceOf('artemis'), /match="openstack\.org\/om\/notify\/#">\n {2}<auto-delete-queues>false/)
  assert.match(adviceOf('artemis'), /match="openstack\.org\/om\/rpc\/multicast\/#">\n.*>MULTICAST</)
  assert.match(
    adviceOf('artemis', { rpc_address_prefix: 'example.org/rpc' }),
    /match="example\.org\/rpc\/multicast\/#"/,
  )
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

test('Service Bus is told which entities there have to be, by the prefixes and the reply address of the options', () => {
  assert.match(adviceOf('service-bus'), /--name replies --enable-session true/)
  assert.match(adviceOf('service-bus', { reply_address: 'answers' }), /--name answers --enable-session true/)
  const told = adviceOf('service-bus', { broadcast_prefix: 'all', group_request_prefix: 'any' })
  assert.match(told, /--topic-name all\.openstack\.TOPIC\.all --name SERVER/)
  assert.match(told, /--name any\.openstack\.notifications\.info/)
})

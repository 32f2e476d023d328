import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Described, LinkError } from '../../../src/amqp/index.ts'
import { createAddresser } from '../../../src/amqp1/addressing.ts'
import { describedProfile } from '../../../src/amqp1/described-profile.ts'
import { type DecodedRequest, decodeRequest, toMessage } from '../../../src/amqp1/message-codec.ts'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { requestForm, SERVICE_BUS_NODES, SERVICE_BUS_PROFILE } from '../../../src/amqp1/service-bus-profile.ts'
import { serviceBusTokenNodes } from '../../../src/amqp1/service-bus-token.ts'
import { EncodedMessage } from '../../../src/codec/encoded-message.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { encodeMessage } from '../../../src/codec/sections.ts'
import { encodeRequestBody } from '../../../src/messaging/body.ts'
import { OptionError } from '../../../src/support/options.ts'

const described = (values: Record<string, unknown>) =>
  describedProfile(resolveAmqpOptions([{ origin: 'test', values }])).describe(SERVICE_BUS_PROFILE)

const addresser = createAddresser(
  { options: resolveAmqpOptions([]), controlExchange: 'openstack', virtualHost: undefined },
  SERVICE_BUS_PROFILE,
)

const TOPIC = 'broadcast.openstack.t.all'

test('one server, a group and notifications have queues; each server has a subscription of its name to what is for all', () => {
  assert.deepEqual(addresser.server({ topic: 't', server: 's' }), {
    unicast: 'exclusive.openstack.t.s',
    multicast: `${TOPIC}/Subscriptions/s`,
    anycast: 'unicast.openstack.t',
  })
  assert.equal(addresser.request({ topic: 't', fanout: true }), TOPIC)
  assert.equal(addresser.notification({ topic: 't.info' }), 'unicast.openstack.t.info')
})

test('what cannot be the name of an entity is told before a link asks for it, with how long it may be', () => {
  const told = (address: string, why: RegExp): void => {
    for (const node of [() => SERVICE_BUS_NODES.target(address, 'request'), () => source(address)])
      assert.throws(node, (error) => error instanceof LinkError && why.test(error.message), address)
  }
  const source = (address: string) => SERVICE_BUS_NODES.source(address, 'broadcast', 'id')
  told(`unicast.${'x'.repeat(253)}`, /Service Bus entity: .* 1 to 260 characters, found 261/)
  told('unicast.žlutý', /Service Bus entity: expected letters, digits/)
  told(`${TOPIC}/Subscriptions/${'s'.repeat(51)}`, /subscription: expected the name of the server.*1 to 50.*found 51/)
  told(`${TOPIC}/Subscriptions/a/b`, /"a\/b" cannot be the name of a Service Bus subscription/)
  for (const address of [`unicast.${'x'.repeat(252)}`, `${TOPIC}/Subscriptions/${'s'.repeat(50)}`])
    assert.deepEqual(source(address), { address, declarations: [] })
})

test('replies are received from a session of the queue that the option names, or of its own', () => {
  const replies = SERVICE_BUS_PROFILE.replies
  const own = replies?.source('me') as { address: string; filter: ReadonlyMap<string, unknown> }
  assert.equal(own.address, 'replies')
  assert.deepEqual(own.filter.get('com.microsoft:session-filter'), new Described(0x137000000cn, 'me'))
  assert.deepEqual([replies?.replyTo('me'), replies?.grouped], ['replies', true])
  assert.ok(replies?.mayReplyTo('replies'))
  assert.ok(!replies?.mayReplyTo('unicast.openstack.t'))

  const named = described({ profile: 'service-bus', reply_address: 'blue/answers' }).replies
  assert.equal(named?.replyTo('me'), 'blue/answers')
  assert.equal(named?.upkeep?.management.address, 'blue/answers/$management')
  assert.deepEqual([named?.mayReplyTo('blue/answers'), named?.mayReplyTo('replies')], [true, false])
})

test('where each caller has a queue of its own replies need no session', () => {
  const { replies } = described({ profile: 'service-bus', reply_address: 'reply.{id}' })
  assert.deepEqual(replies?.source('me'), { address: 'reply.me' })
  assert.equal(replies?.grouped, undefined)
})

test('a request names its session for the reply, and a server reads it', () => {
  const encoder = new Encoder()
  const text = encodeRequestBody({ message: { method: 'm', args: {} }, context: {} })
  encodeMessage(encoder, toMessage({ to: 'a', messageId: '1', replyTo: 'replies', replyToGroupId: 'me' }, text))
  const decoded: DecodedRequest = decodeRequest(new EncodedMessage(encoder.take()))
  assert.deepEqual([decoded.replyTo, decoded.replyToGroupId], ['replies', 'me'])
  assert.equal(toMessage({ to: 'replies', groupId: 'me' }, text).properties?.groupId, 'me')
})

test('requests to its management nodes say their operation, and both spellings of the status are read', () => {
  const { request, answer } = requestForm('replies/$management')
  const renewal = SERVICE_BUS_PROFILE.replies?.upkeep?.request('me')
  assert.ok(renewal)
  const { applicationProperties, body } = request(renewal)
  assert.deepEqual(Object.fromEntries(applicationProperties ?? []), { operation: 'com.microsoft:renew-session-lock' })
  assert.deepEqual(body, { type: 'value', value: { 'session-id': 'me' } })
  const said = (facts: Record<string, string | number>) =>
    answer({ applicationProperties: new Map(Object.entries(facts)) })
  assert.deepEqual(said({ statusCode: 200 }), { status: '200', why: undefined })
  assert.deepEqual(said({ 'status-code': 401, 'status-description': 'no' }), { status: '401', why: 'no' })
})

test('a token is shown for each entity, by its kind, and is in no answer', () => {
  const shown = (token: string) => serviceBusTokenNodes(token).target('unicast.t', 'request').declarations
  const token = 'SharedAccessSignature sr=x&sig=y&se=1&skn=z'
  assert.deepEqual(shown(token), [
    {
      method: 'put-token',
      path: 'unicast.t',
      body: { type: 'servicebus.windows.net:sastoken', name: 'unicast.t', value: token },
    },
  ])
  const [jwt] = shown('eyJ0.eyJ1.x')
  assert.ok(jwt && 'body' in jwt)
  assert.equal(jwt.body.type, 'jwt')
  const { management, reply, source } = serviceBusTokenNodes(token)
  assert.deepEqual(reply?.('replies')[0], {
    method: 'put-token',
    path: 'replies',
    body: { type: 'servicebus.windows.net:sastoken', name: 'replies', value: token },
  })
  assert.equal(source(`${TOPIC}/Subscriptions/s`, 'broadcast', 'id').declarations.length, 1)
  const applicationProperties = new Map([['status-description', `not this: ${token}`]])
  assert.equal(management?.answer({ applicationProperties }).why, 'not this: ***')
})

test('a token is for Service Bus alone', () => {
  assert.throws(
    () => described({ cbs_token: 'secret' }),
    (error) =>
      error instanceof OptionError && /profile=service-bus/.test(error.message) && !error.message.includes('secret'),
  )
  assert.ok(described({ cbs_token: 'secret', profile: 'service-bus' }).nodes?.reply)
})

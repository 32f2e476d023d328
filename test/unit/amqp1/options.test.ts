import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAmqpDriver } from '../../../src/amqp1/driver.ts'
import { AMQP_OPTIONS, resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { OptionError } from '../../../src/support/options.ts'

const OSLO = `container_name idle_timeout trace ssl ssl_ca_file ssl_cert_file ssl_key_file ssl_key_password ssl_verify_vhost
  sasl_mechanisms sasl_config_dir sasl_config_name sasl_default_realm connection_retry_interval connection_retry_backoff
  connection_retry_interval_max link_retry_delay default_reply_retry default_reply_timeout default_send_timeout
  default_notify_timeout default_sender_link_timeout addressing_mode pseudo_vhost server_request_prefix broadcast_prefix
  group_request_prefix rpc_address_prefix notify_address_prefix multicast_address unicast_address anycast_address
  default_notification_exchange default_rpc_exchange reply_link_credit rpc_server_credit notify_server_credit pre_settled`

const context = { controlExchange: 'openstack', options: {}, allowedRemoteErrors: new Map() }

test('every option of oslo’s group is there under its name, and ours are marked as ours', () => {
  const rows = Object.values(AMQP_OPTIONS.rows)
  assert.deepEqual(
    rows
      .filter((row) => !row.own)
      .map((row) => row.name)
      .toSorted(),
    OSLO.split(/\s+/).toSorted(),
  )
})

test('what differs from oslo says so, and what has no effect says why', () => {
  const rows = Object.values(AMQP_OPTIONS.rows)
  assert.match(rows.find((row) => row.name === 'idle_timeout')?.deviation ?? '', /off/)
  assert.deepEqual(
    rows.filter((row) => row.inert).map((row) => row.name),
    ['sasl_config_dir', 'sasl_config_name'],
  )
})

test('every option has a help text that ends as a sentence', () => {
  for (const row of Object.values(AMQP_OPTIONS.rows)) assert.match(row.help, /^[A-Z].*[.]$/, row.name)
})

test('the query of the URL wins over the options object', () => {
  assert.throws(
    () =>
      createAmqpDriver(parseTransportUrl('amqp://h?link_retry_delay=0'), {
        ...context,
        options: { link_retry_delay: 3 },
      }),
    /option "link_retry_delay" in group \[oslo_messaging_amqp\] \(url query\): expected whole seconds of at least 1, not "0"/,
  )
})

test('making a driver checks the options and connects nowhere', async () => {
  assert.throws(() => createAmqpDriver(parseTransportUrl('amqp://h?rpc_response_timeout=5'), context), OptionError)
  const driver = createAmqpDriver(parseTransportUrl('amqp://256.0.0.1:1?idle_timeout=30'), context)
  await driver.close()
})

test('pre_settled can be given in a URL, separated by commas, and it is known that it was', () => {
  const options = resolveAmqpOptions([{ origin: 'url query', values: { pre_settled: 'rpc-call,notify' } }])
  assert.deepEqual(options.preSettled, ['rpc-call', 'notify'])
  assert.equal(options.preSettledGiven, true)
  assert.equal(resolveAmqpOptions([]).preSettledGiven, false)
})

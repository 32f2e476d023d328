// Our reader of configuration files against oslo.config itself: the same files, the same values.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { AMQP_OPTIONS } from '../../src/amqp1/options.ts'
import { loadOsloConfig } from '../../src/index.ts'
import { resolveOptions } from '../../src/support/options.ts'
import { noPythonPeers } from '../support/python-peers.ts'
import { ROOT } from '../support/source-files.ts'

const CASES: Readonly<Record<string, readonly string[]>> = {
  'what a service usually has': [
    `[DEFAULT]
# the bus
transport_url = amqp://u:p@h:5672,u:p@h2/v
control_exchange: nova
rpc_response_timeout = 180

[oslo_messaging_amqp]
idle_timeout = 30
pre_settled = rpc-cast
pre_settled = rpc-reply
sasl_mechanisms = PLAIN   ANONYMOUS
[oslo_messaging_notifications]
driver = messagingv2
topics = notifications, versioned
`,
  ],
  'quotes, continuations, colons and comments behind values': [
    `[DEFAULT]
control_exchange = "with blanks "
rpc_ping_enabled : On
[oslo_messaging_amqp]
container_name = 'a'b'
ssl_ca_file = /a # b
sasl_mechanisms = PLAIN
  ANONYMOUS
broadcast_prefix = x = y : z
trace = 1

[oslo_messaging_notifications]
topics = a,
  b,
  c
`,
  ],
  references: [
    `[DEFAULT]
control_exchange = ex
transport_url = amqp://u:pa$$word@$control_exchange:\${oslo_messaging_amqp.reply_link_credit}/x$$y
[oslo_messaging_amqp]
container_name = $control_exchange-\${broadcast_prefix}
broadcast_prefix = bc
`,
  ],
  'older names and groups': [
    `[DEFAULT]
rpc_thread_pool_size = 5
notification_driver = messaging
notification_topics = t1,t2
notification_transport_url = amqp://n
[amqp1]
idle_timeout = 3
broadcast_prefix = old
container_name = old
[oslo_messaging_amqp]
broadcast_prefix = new
`,
  ],
  'several files': [
    '[DEFAULT]\ncontrol_exchange = one\nrpc_response_timeout = 1\n[oslo_messaging_amqp]\nreply_link_credit = 7\n',
    '[DEFAULT]\ncontrol_exchange = two\n[oslo_messaging_amqp]\npseudo_vhost = off\n',
  ],
}

function written(t: TestContext, texts: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'oslo-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return texts.map((text, index) => {
    const path = join(folder, `${index}.conf`)
    writeFileSync(path, text)
    return path
  })
}

type Values = Record<string, Record<string, unknown>>

function byPython(paths: readonly string[]): Values {
  const script = join(ROOT, 'test/peers-config/read_config.py')
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-W', 'ignore', script, ...paths], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Values
}

async function byOurs(paths: readonly string[], theirs: Values): Promise<Values> {
  const config = await loadOsloConfig(paths)
  const amqp = resolveOptions(AMQP_OPTIONS, [{ origin: 'file', values: config.transport.options ?? {} }])
  const rows = Object.entries(AMQP_OPTIONS.rows)
  const own = (name: string): unknown => {
    const [property] = rows.find(([, row]) => row.name === name) as [keyof typeof amqp, unknown]
    const value = amqp[property]
    return name === 'idle_timeout' ? (value as number) / 1000 : value
  }
  const given = config.transport.options ?? {}
  return {
    DEFAULT: {
      transport_url: config.transportUrl ?? 'rabbit://',
      control_exchange: config.transport.controlExchange,
      rpc_response_timeout: (config.rpcClient.timeoutMs as number) / 1000,
      executor_thread_pool_size: config.rpcServer.concurrency,
      rpc_ping_enabled: config.rpcServer.ping,
    },
    // Where nothing is said our defaults may differ, and say so: there Python's is taken.
    oslo_messaging_amqp: Object.fromEntries(
      Object.entries(theirs.oslo_messaging_amqp ?? {}).map(([name, value]) => [
        name,
        name in given ? own(name) : name === 'container_name' || name === 'idle_timeout' ? value : own(name),
      ]),
    ),
    oslo_messaging_notifications: {
      driver: theirs.oslo_messaging_notifications?.driver?.toString() === '' ? [] : config.notifier.publishers,
      topics: config.notifier.topics,
      retry: config.notifier.retry,
      transport_url: config.notificationTransportUrl === config.transportUrl ? null : config.notificationTransportUrl,
    },
  }
}

/** The kinds of messages that go settled are a set. */
function withoutOrder({ oslo_messaging_amqp: amqp, ...others }: Values): Values {
  const kinds = (amqp as { readonly pre_settled: readonly string[] }).pre_settled
  return { ...others, oslo_messaging_amqp: { ...amqp, pre_settled: kinds.toSorted() } }
}

describe('a configuration file read by Python and by us', { skip: noPythonPeers }, () => {
  for (const [what, texts] of Object.entries(CASES)) {
    it(`says the same: ${what}`, async (t) => {
      const paths = written(t, texts)
      const theirs = byPython(paths)
      assert.deepEqual(withoutOrder(await byOurs(paths, theirs)), withoutOrder(theirs))
    })
  }
})

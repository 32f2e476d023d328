import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createTransport, loadOsloConfig } from '../../src/index.ts'

function written(t: TestContext, ...texts: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'oslo-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return texts.map((text, index) => {
    const path = join(folder, `${index}.conf`)
    writeFileSync(path, text)
    return path
  })
}

const NOVA = `[DEFAULT]
my_ip = 192.0.2.7
transport_url = amqp://nova:s3cret@$my_ip:5672/v
control_exchange = nova
rpc_response_timeout = 180
rpc_thread_pool_size = 7
rpc_ping_enabled = yes
notification_topics = a, b

[amqp1]
idle_timeout = 9

[oslo_messaging_amqp]
container_name = nova-$my_ip
pre_settled = rpc-cast
pre_settled = notify
addressing_mode = legacy
link_retry_delay =

[oslo_messaging_notifications]
driver = messagingv2
driver = noop
retry = 3
transport_url = amqp://other
[database]
connection = mysql://whatever
`

describe("a service's configuration file", () => {
  it('gives what transport, client, server and notifier need, in the units of this library', async (t) => {
    const config = await loadOsloConfig(written(t, NOVA))
    assert.equal(config.transportUrl, 'amqp://nova:s3cret@192.0.2.7:5672/v')
    assert.equal(config.notificationTransportUrl, 'amqp://other')
    assert.deepEqual(config.transport, {
      controlExchange: 'nova',
      options: {
        container_name: 'nova-192.0.2.7',
        idle_timeout: '9',
        addressing_mode: 'legacy',
        pre_settled: ['rpc-cast', 'notify'],
      },
    })
    assert.deepEqual(config.rpcClient, { timeoutMs: 180_000 })
    assert.deepEqual(config.rpcServer, { concurrency: 7, ping: true })
    assert.deepEqual(config.notifier, { publishers: ['messagingv2', 'noop'], topics: ['a', 'b'], retry: 3 })
    assert.deepEqual(config.warnings, [])
    assert.equal(config.get('database', 'connection'), 'mysql://whatever')
    assert.equal(config.get('database', 'nothing'), undefined)
    await createTransport(config.transportUrl as string, config.transport).close()
  })

  it('that says nothing leaves the defaults', async (t) => {
    const config = await loadOsloConfig(written(t, ''))
    assert.deepEqual(
      [config.transportUrl, config.transport, config.rpcClient, config.rpcServer, config.notifier],
      [
        undefined,
        { controlExchange: 'openstack', options: {} },
        { timeoutMs: 60_000 },
        { concurrency: 64, ping: false },
        { publishers: ['messagingv2'], topics: ['notifications'], retry: -1 },
      ],
    )
  })

  it('read last wins, option by option, and a name of today wins over an older one', async (t) => {
    const paths = written(
      t,
      '[DEFAULT]\ncontrol_exchange = one\nrpc_response_timeout = 5\n[amqp1]\ntrace = true\n[oslo_messaging_amqp]\ntrace = false',
      '[DEFAULT]\ncontrol_exchange = two\n',
    )
    const config = await loadOsloConfig(paths)
    assert.equal(config.transport.controlExchange, 'two')
    assert.equal(config.rpcClient.timeoutMs, 5_000)
    assert.deepEqual(config.transport.options, { trace: 'false' })
  })

  it('with a name that the driver does not have is read, and warned about', async (t) => {
    const [path] = written(t, '[oslo_messaging_amqp]\nidle_timout = 5\nzzz = 1')
    const { warnings } = await loadOsloConfig(path as string)
    assert.deepEqual(warnings, [
      `${path}: unknown option "idle_timout" in group [oslo_messaging_amqp]; did you mean "idle_timeout"?`,
      `${path}: unknown option "zzz" in group [oslo_messaging_amqp]`,
    ])
  })

  it('with a value that cannot be is an error that names file, group, option and what was expected', async (t) => {
    const [path] = written(t, '[oslo_messaging_amqp]\nidle_timeout = soon')
    await assert.rejects(loadOsloConfig(path as string), {
      code: 'OPTION_INVALID',
      message: `option "idle_timeout" in group [oslo_messaging_amqp] (${path}): expected whole seconds of at least 0, not "soon"`,
    })
  })

  it('never shows a secret', async (t) => {
    const [path] = written(t, '[DEFAULT]\ntransport_url = amqp://u:pa$word@h')
    await assert.rejects(loadOsloConfig(path as string), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CONFIG_FILE')
      assert.match(error.message, /refers to \$word, .* a dollar sign itself is written \$\$/)
      assert.doesNotMatch(error.message, /pa\$word@h/)
      return true
    })
  })

  it('that is not there is an error with its path', async () => {
    await assert.rejects(loadOsloConfig('/nowhere/nova.conf'), {
      code: 'CONFIG_FILE',
      message: '/nowhere/nova.conf: cannot be read: ENOENT',
    })
  })
})

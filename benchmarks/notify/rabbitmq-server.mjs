// RabbitMQ: Debian's `rabbitmq-server`, or any that is in the PATH. The node and its port mapper are this benchmark's own, in a
// folder of their own, and listen on the loopback only.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../harness/free-port.mjs'
import { Program } from '../harness/program.mjs'

/** Debian's program in the PATH would run as another user, in that one's folders. */
const DEBIAN = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const READY_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'bench-rabbitmq-'))
let mapper
let server

export async function relay() {
  const [port, nodePort, mapperPort] = [await freePort(), await freePort(), await freePort()]
  const mapperEnvironment = { ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: String(mapperPort) }
  // Who finds one does not start another, which would outlive the benchmark.
  mapper = new Program('epmd', 'epmd', ['-d', '-d'], mapperEnvironment)
  await mapper.says(/entering the main select/)
  server = new Program('rabbitmq-server', existsSync(DEBIAN) ? DEBIAN : 'rabbitmq-server', [], {
    ...mapperEnvironment,
    ...environment(port, nodePort),
  })
  await server.says(/Server startup complete/, READY_MS)
  return port
}

function environment(port, nodePort) {
  const at = (name) => join(folder, name)
  writeFileSync(at('rabbitmq.conf'), '')
  writeFileSync(at('rabbitmq-env.conf'), '')
  writeFileSync(at('enabled_plugins'), '[].\n')
  return {
    HOME: folder, // of the cookie
    RABBITMQ_NODENAME: 'bench@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CONF_ENV_FILE: at('rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: at('pid'),
  }
}

export const usage = () => server.usage()

export async function stop() {
  await server?.stop()
  await mapper?.stop()
  rmSync(folder, { recursive: true, force: true })
}

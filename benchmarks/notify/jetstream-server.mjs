// NATS JetStream, in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { natsServer } from '../harness/nats-server.mjs'

const folder = mkdtempSync(join(tmpdir(), 'bench-jetstream-'))
const server = natsServer(['--jetstream', '--store_dir', folder])

export const { relay, usage } = server

export async function stop() {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

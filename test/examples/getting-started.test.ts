// The programs of docs/guide/getting-started.md do what the page says. They are cut out of it, so that it cannot go stale.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTransport, listenForNotifications } from '../../src/index.ts'
import { type Router, startRouter } from '../../src/router/index.ts'
import { Program } from '../support/program.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const page = fileURLToPath(new URL('../../../docs/guide/getting-started.md', import.meta.url))

describe('the programs of the guide "Getting started"', () => {
  let router: Router
  // Inside the package, so that they import it by its name.
  const folder = mkdtempSync(join(here, 'guide-'))

  const start = (name: string, ...args: string[]): Program =>
    new Program(process.execPath, [join(folder, name), ...args], { env: { OMSG_URL: router.url } })

  before(async () => {
    router = await startRouter()
    for (const [, code = '', name = ''] of readFileSync(page, 'utf8').matchAll(
      /```js\n(\/\/ (\S+\.mjs)\n[\s\S]*?)```/g,
    )) {
      writeFileSync(join(folder, name), code)
    }
  })

  after(async () => {
    await router.close()
    rmSync(folder, { recursive: true })
  })

  it('server.mjs and client.mjs print what the page shows, and the server drains at SIGTERM', async () => {
    const server = start('server.mjs')
    await server.line('stdout', /^ready$/)
    const client = await start('client.mjs').end()
    assert.equal(client.code, 0, client.stderr.join('\n'))
    const shown = /```\n(instance 7[\s\S]*?)\n```/.exec(readFileSync(page, 'utf8'))?.[1]
    assert.deepEqual(client.stdout, shown?.split('\n'))
    await server.line('stdout', /^refreshed$/)
    const { stdout } = await server.stop()
    assert.deepEqual(stdout.at(-1), 'stopped, 4 requests done')
  })

  it('publish.mjs publishes, whether or not somebody listens', async () => {
    const { stdout } = await start('publish.mjs').end()
    assert.deepEqual(stdout, ['published'])
    await using transport = createTransport(router.url)
    const event = new Promise<string>((resolve) => {
      void listenForNotifications(transport, { topic: 'notifications' }, [
        { info: (_context, { eventType }) => resolve(eventType) },
      ])
    })
    assert.equal(await event, 'compute.instance.created')
  })

  it('memory.mjs needs no bus', async () => {
    const { code, stderr } = await start('memory.mjs').end()
    assert.equal(code, 0, stderr.join('\n'))
  })
})

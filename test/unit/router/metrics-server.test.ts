import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MetricsServer } from '../../../src/router/metrics-server.ts'
import { Traffic } from '../../../src/router/traffic.ts'

describe('the metrics server', () => {
  it('tells why a router is not ready, and that it lives all the same', async (t) => {
    const watched = {
      counters: new Traffic().snapshot(0, 0, 0),
      unready: 'the message store fails' as string | undefined,
    }
    const server = await MetricsServer.listen({ host: '127.0.0.1', port: 0 }, watched)
    t.after(() => server.close())
    const tell = async (path: string) => {
      const response = await fetch(server.url + path)
      return [response.status, await response.text()]
    }
    assert.deepEqual(await tell('/readyz'), [503, 'the message store fails\n'])
    assert.deepEqual(await tell('/livez'), [200, 'ok\n'])
    watched.unready = undefined
    assert.deepEqual(await tell('/readyz'), [200, 'ready\n'])
  })

  it('names an address of IPv6 as a URL has it', async (t) => {
    const watched = { counters: new Traffic().snapshot(0, 0, 0), unready: undefined }
    const server = await MetricsServer.listen({ host: '::1', port: 0 }, watched).catch(() => undefined)
    if (!server) return t.skip('there is no IPv6 here')
    t.after(() => server.close())
    assert.match(server.url, /^http:\/\/\[::1\]:\d+$/)
    assert.equal((await fetch(`${server.url}/livez`)).status, 200)
  })
})

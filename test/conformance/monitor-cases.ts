import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { MessagingTimeoutError } from '../../src/messaging/errors.ts'
import { answerWith, type CreateBus, listen, openFixture, request, WAIT } from './bus-fixture.ts'

const group = { topic: 'compute' }
const node = { topic: 'compute', server: 'node-1' }

export function monitorCases(createBus: CreateBus): void {
  describe('a monitored call', () => {
    it('lives on heartbeats beyond its monitor time-out', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('long'), { ...WAIT, callMonitorTimeoutMs: 2_000 })
      const incoming = await inbox.at(0)
      assert.equal(incoming.callMonitorTimeoutMs, 2_000)
      incoming.acknowledge()
      for (let beat = 0; beat < 22; beat += 1) {
        await delay(100)
        await incoming.heartbeat()
      }
      await incoming.reply('done')
      incoming.done()
      assert.equal(await call, 'done')
    })

    it('times out when there are none', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('silent'), { ...WAIT, callMonitorTimeoutMs: 200 })
      await Promise.all([
        assert.rejects(call, MessagingTimeoutError),
        inbox.at(0).then((incoming) => incoming.acknowledge()),
      ])
    })

    it('times out at its own time-out although there are heartbeats', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      let over = false
      const call = client.call(group, request('endless'), { timeoutMs: 500, callMonitorTimeoutMs: 400 })
      const rejection = assert.rejects(call, MessagingTimeoutError).finally(() => {
        over = true
      })
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      while (!over) {
        await incoming.heartbeat().catch(() => {})
        await delay(50)
      }
      await rejection
    })

    it('does not have to be monitored: heartbeats of others harm nobody', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('echo'), WAIT)
      const incoming = await inbox.at(0)
      assert.equal(incoming.callMonitorTimeoutMs, undefined)
      await incoming.heartbeat()
      await answerWith(incoming, 'fine')
      assert.equal(await call, 'fine')
    })
  })
}

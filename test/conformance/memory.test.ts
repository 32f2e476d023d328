import { MemoryBus } from '../../src/messaging/memory-bus.ts'
import { MemoryDriver } from '../../src/messaging/memory-driver.ts'
import { MemorySend } from '../../src/messaging/memory-send.ts'
import { type ConformanceBus, driverConformance } from './driver-suite.ts'

driverConformance('memory', async (): Promise<ConformanceBus> => {
  const bus = new MemoryBus()
  const context = { controlExchange: 'openstack', options: {}, allowedRemoteErrors: new Map() }
  return {
    url: () => 'memory://conformance',
    createDriver: () => new MemoryDriver(bus, context),
    async sendMalformed({ topic, server }, body) {
      const facts = { kind: 'cast', body, target: 'a test', timeoutMs: 20_000, retry: 0 } as const
      const send = new MemorySend(facts, () => {})
      bus.send(`rpc\0one\0openstack\0${topic}\0${server}`, false, send)
      await send.promise
    },
    async close() {},
  }
})

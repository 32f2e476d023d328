import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingMessage, Subscription } from '../../../src/messaging/driver.ts'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { MessageServer, type MessageServerOptions } from '../../../src/messaging/message-server.ts'

class FakeMessage implements IncomingMessage {
  readonly message = {}
  readonly context = {}
  readonly settled: boolean
  readonly events: string[] = []
  readonly finish: () => void
  readonly ended: Promise<void>

  constructor(settled = false) {
    this.settled = settled
    let finish!: () => void
    this.ended = new Promise((resolve) => {
      finish = resolve
    })
    this.finish = finish
  }

  acknowledge(): void {
    this.events.push('acknowledged')
  }
  requeue(): void {
    this.events.push('requeued')
  }
  reject(): void {
    this.events.push('rejected')
  }
  done(): void {
    this.events.push('done')
  }
}

interface Rig {
  readonly server: MessageServer<FakeMessage>
  deliver(count?: number, settled?: boolean): FakeMessage[]
  readonly started: FakeMessage[]
  stops: number
  /** What the end of the subscription waits for. */
  detached: Promise<void>
}

/** Handlers run until their message's `finish()` is called. */
async function start(options: MessageServerOptions = {}): Promise<Rig> {
  const started: FakeMessage[] = []
  const work = async (message: FakeMessage): Promise<void> => {
    started.push(message)
    message.acknowledge()
    await message.ended
    message.done()
  }
  const server = new MessageServer<FakeMessage>(work, options)
  let receive: (message: FakeMessage) => void = () => {}
  const rig: Rig = {
    server,
    started,
    stops: 0,
    detached: Promise.resolve(),
    deliver(count = 1, settled = false) {
      const messages = Array.from({ length: count }, () => new FakeMessage(settled))
      for (const message of messages) receive(message)
      return messages
    },
  }
  const subscription: Subscription = {
    async stop() {
      rig.stops += 1
      await rig.detached
    },
  }
  await server.start(async (handler) => {
    receive = handler
    return subscription
  })
  return rig
}

const finishAll = (messages: readonly FakeMessage[]): void => {
  for (const message of messages) message.finish()
}

describe('MessageServer', () => {
  it('runs no more handlers at a time than it may', async () => {
    const { server, deliver, started } = await start({ concurrency: 2 })
    const messages = deliver(5)
    assert.equal(started.length, 2)
    messages[0]?.finish()
    await messages[0]?.ended
    await new Promise(setImmediate)
    assert.deepEqual(started, messages.slice(0, 3))
    finishAll(messages)
    await server.stop()
  })

  it('gives back what has not started when it is stopped, and lets finish what runs', async () => {
    const rig = await start({ concurrency: 1 })
    const [running, waiting] = rig.deliver(2) as [FakeMessage, FakeMessage]
    const stopped = rig.server.stop()
    assert.deepEqual(waiting.events, ['requeued', 'done'])
    assert.equal(rig.stops, 1)
    running.finish()
    assert.deepEqual(await stopped, { done: 1, released: 1, lost: 0 })
    assert.deepEqual(running.events, ['acknowledged', 'done'])
  })

  it('runs what arrived settled even when it is stopped: it cannot be given back', async () => {
    const rig = await start({ concurrency: 1 })
    const messages = rig.deliver(2, true)
    const stopped = rig.server.stop()
    messages.push(...rig.deliver(1, true))
    finishAll(messages)
    assert.deepEqual(await stopped, { done: 3, released: 0, lost: 0 })
  })

  it('gives a settled message its time that comes while the links give their credit back', async () => {
    const rig = await start()
    let detach!: () => void
    rig.detached = new Promise((resolve) => {
      detach = resolve
    })
    const stopped = rig.server.stop()
    await new Promise(setImmediate)
    const [late] = rig.deliver(1, true) as [FakeMessage]
    detach()
    await new Promise(setImmediate)
    assert.equal(rig.server.abandonment.aborted, false)
    late.finish()
    assert.deepEqual(await stopped, { done: 1, released: 0, lost: 0 })
  })

  it('gives back what arrives late', async () => {
    const rig = await start()
    const [running] = rig.deliver() as [FakeMessage]
    const stopped = rig.server.stop()
    const [late] = rig.deliver() as [FakeMessage]
    assert.deepEqual(late.events, ['requeued', 'done'])
    running.finish()
    assert.equal((await stopped).released, 1)
    const [later] = rig.deliver(1, true) as [FakeMessage]
    assert.deepEqual(later.events, ['requeued', 'done'])
  })

  it('abandons what does not end in time, and tells the handlers', async () => {
    const rig = await start()
    const [stuck] = rig.deliver() as [FakeMessage]
    assert.equal(rig.server.abandonment.aborted, false)
    assert.deepEqual(await rig.server.stop({ drainTimeoutMs: 0 }), { done: 0, released: 0, lost: 1 })
    assert.equal(rig.server.abandonment.aborted, true)
    stuck.finish()
  })

  it('abandons settled messages that never started', async () => {
    const rig = await start({ concurrency: 1 })
    const messages = rig.deliver(2, true)
    assert.deepEqual(await rig.server.stop({ drainTimeoutMs: 0 }), { done: 0, released: 0, lost: 2 })
    finishAll(messages)
    assert.equal(rig.started.length, 1)
  })

  it('is stopped once, however often it is asked to', async () => {
    const rig = await start()
    const reports = await Promise.all([rig.server.stop(), rig.server.stop({ drainTimeoutMs: 0 })])
    assert.equal(reports[0], reports[1])
    assert.equal(await rig.server.stop(), reports[0])
    assert.equal(rig.stops, 1)
  })

  it('is stopped by its signal', async () => {
    const controller = new AbortController()
    const rig = await start({ signal: controller.signal })
    controller.abort()
    assert.equal(rig.stops, 1)
    assert.deepEqual(await rig.server.stop(), { done: 0, released: 0, lost: 0 })
  })

  it('rejects when the subscription fails, and gives back what came before', async () => {
    const failure = new Error('no link')
    const message = new FakeMessage()
    const server = new MessageServer<FakeMessage>(async () => {}, {})
    const starting = server.start(async (handler) => {
      await Promise.resolve()
      queueMicrotask(() => queueMicrotask(() => handler(message)))
      throw failure
    })
    await assert.rejects(starting, failure)
    await new Promise(setImmediate)
    assert.ok(message.events.includes('done') || message.events.length === 0)
    await server.stop()
  })

  it('goes on when a handler breaks its promise not to reject', async (t) => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    t.after(() => process.off('warning', onWarning))
    let receive: (message: FakeMessage) => void = () => {}
    const server = new MessageServer<FakeMessage>(
      (message) => {
        if (message.settled) throw new Error('at once')
        return Promise.reject(new Error('later'))
      },
      { concurrency: 1 },
    )
    await server.start(async (handler) => {
      receive = handler
      return { async stop() {} }
    })
    receive(new FakeMessage(true))
    receive(new FakeMessage(false))
    await new Promise(setImmediate)
    assert.equal((await server.stop()).done, 2)
    await new Promise(setImmediate)
    assert.equal(warnings.filter(({ name }) => name === 'OsloMessagingDefect').length, 2)
  })

  it('runs handlers that end synchronously', async () => {
    const server = new MessageServer<FakeMessage>((message) => void message.done(), { concurrency: 1 })
    let receive: (message: FakeMessage) => void = () => {}
    await server.start(async (handler) => {
      receive = handler
      return { async stop() {} }
    })
    for (let i = 0; i < 3; i += 1) receive(new FakeMessage())
    assert.equal((await server.stop()).done, 3)
  })

  for (const options of [
    { concurrency: 0 },
    { concurrency: 1.5 },
    { readyTimeoutMs: -1 },
    { drainTimeoutMs: Number.NaN },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => new MessageServer(async () => {}, options), InvalidArgumentError)
    })
  }
})

it('handles however many wait, when each of them ends at once', async () => {
  const started: FakeMessage[] = []
  const work = (message: FakeMessage): Promise<void> | undefined => {
    started.push(message)
    return started.length === 1 ? message.ended : undefined
  }
  const server = new MessageServer<FakeMessage>(work, { concurrency: 1 })
  let receive: (message: FakeMessage) => void = () => {}
  await server.start(async (handler) => {
    receive = handler
    return { async stop() {} }
  })
  const messages = Array.from({ length: 50_000 }, () => new FakeMessage())
  for (const message of messages) receive(message)
  assert.equal(started.length, 1)
  messages[0]?.finish()
  await messages[0]?.ended
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(started.length, messages.length)
  assert.deepEqual(await server.stop(), { done: messages.length, released: 0, lost: 0 })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LinkError } from '../../../src/amqp/index.ts'
import { Bus, message, texts, until } from './bus.ts'

const refused = (condition: string) => (error: unknown) => error instanceof LinkError && error.condition === condition

describe('a dynamic address', () => {
  it('is made for a receiver, and takes what anybody sends to it', async (t) => {
    const bus = await Bus.start(t)
    const reply = await bus.collector({ source: { dynamic: true }, target: { address: 'rpc-response' } })
    const { address, dynamic } = reply.receiver.remoteSource ?? {}
    assert.match(address ?? '', /^amqp:\/_topo\/0\/.+\/temp\.[\w-]{22}$/)
    assert.equal(dynamic, true)
    assert.equal(reply.receiver.remoteTarget?.address, 'rpc-response')
    const sender = await bus.sender({ address: address as string })
    for (const text of texts(5)) assert.equal((await sender.send(message(text))).type, 'accepted')
    assert.deepEqual(reply.texts, texts(5))
  })

  it('may be received from by its own connection only', async (t) => {
    const bus = await Bus.start(t)
    const owner = await bus.connect()
    const reply = await bus.receiver({ source: { dynamic: true }, onDelivery: () => {} }, owner)
    const address = reply.remoteSource?.address as string
    await assert.rejects(bus.receiver({ address, onDelivery: () => {} }), refused('amqp:unauthorized-access'))
    await bus.receiver({ address, onDelivery: () => {} }, owner)
  })

  it('goes with its receiver: who sends hears it, who attaches is refused', async (t) => {
    const bus = await Bus.start(t)
    const reply = await bus.collector({ source: { dynamic: true } })
    const address = reply.receiver.remoteSource?.address as string
    const sender = await bus.sender({ address })
    assert.equal((await sender.send(message('a'))).type, 'accepted')
    reply.receiver.connection.abort(new Error('lost'))
    await until(() => bus.router.counters.consumers === 0)
    assert.equal((await sender.send(message('b'))).type, 'released')
    await assert.rejects(bus.sender({ address }), refused('amqp:not-found'))
    await assert.rejects(bus.receiver({ address, onDelivery: () => {} }), refused('amqp:not-found'))
  })
})

describe('an anonymous sender', () => {
  const anonymous = { target: {}, source: { address: 'me' } }

  it('reaches what each message names', async (t) => {
    const bus = await Bus.start(t)
    const collectors = [await bus.collector({ address: 'a' }), await bus.collector({ address: 'broadcast.b' })]
    const another = await bus.collector({ address: 'broadcast.b' })
    const sender = await bus.sender(anonymous)
    assert.equal((await sender.send(message('1', 'a'))).type, 'accepted')
    assert.equal((await sender.send(message('2', 'broadcast.b'))).type, 'accepted')
    assert.deepEqual(
      [...collectors, another].map((one) => one.texts),
      [['1'], ['2'], ['2']],
    )
  })

  it('has 250 credit without any consumer, and is told what nobody takes', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender(anonymous)
    await until(() => sender.credit === 250)
    assert.equal((await sender.send(message('m', 'nobody'))).type, 'released')
    assert.equal((await sender.send(message('m', ''))).type, 'released')
    const outcome = await sender.send(message('m'))
    assert.equal(outcome.type === 'rejected' && outcome.error?.condition, 'amqp:precondition-failed')
    await sender.send(message('m', 'nobody'), { settled: true })
    await until(() => bus.router.counters.droppedWithoutConsumer === 1)
    assert.equal(bus.router.counters.addresses, 0)
  })

  it('may send more than its window', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender(anonymous)
    const outcomes = await Promise.all(texts(1000).map((text) => sender.send(message(text, 'nobody'))))
    assert.ok(outcomes.every(({ type }) => type === 'released'))
  })

  it('hears that bytes are no message', async (t) => {
    const bus = await Bus.start(t)
    const sender = await bus.sender(anonymous)
    const outcome = await sender.send(Buffer.from('not a message'))
    assert.equal(outcome.type === 'rejected' && outcome.error?.condition, 'amqp:decode-error')
  })
})

describe('an attach', () => {
  it('is answered with the source and target that were asked for', async (t) => {
    const bus = await Bus.start(t)
    const capabilities = ['queue']
    const receiver = await bus.receiver({
      source: { address: 'x', durable: 2, distributionMode: 'copy', capabilities },
      target: { address: 'y' },
      onDelivery: () => {},
    })
    assert.equal(receiver.remoteSource?.address, 'x')
    assert.equal(receiver.remoteSource?.distributionMode, 'copy')
    assert.deepEqual(receiver.remoteSource?.capabilities, capabilities)
    assert.equal(receiver.remoteTarget?.address, 'y')
    const sender = await bus.sender({ source: { address: 'x' }, target: { address: 'x', timeout: 5 } })
    assert.equal(sender.remoteSource?.address, 'x')
    assert.equal(sender.remoteTarget?.timeout, 5)
  })

  it('is refused where there is nothing to attach to', async (t) => {
    const bus = await Bus.start(t, { rules: [{ prefix: 'closed', distribution: 'unavailable' }] })
    for (const address of ['closed.x', 'amqp:/_topo/0/other/temp.x']) {
      await assert.rejects(bus.sender({ address }), refused('amqp:not-found'), address)
      await assert.rejects(bus.receiver({ address, onDelivery: () => {} }), refused('amqp:not-found'), address)
    }
    await assert.rejects(bus.receiver({ source: {}, onDelivery: () => {} }), refused('amqp:invalid-field'))
    await assert.rejects(bus.sender({ target: { dynamic: true } }), refused('amqp:not-implemented'))
    assert.equal(bus.router.counters.addresses, 0)
  })

  it('leaves nothing behind when all have left', async (t) => {
    const bus = await Bus.start(t)
    const connection = await bus.connect()
    await bus.collector({ address: 'a' }, connection)
    await bus.collector({ source: { dynamic: true } }, connection)
    await bus.sender({ address: 'b' }, connection)
    const { connections, consumers, producers, addresses } = bus.router.counters
    assert.deepEqual(
      { connections, consumers, producers, addresses },
      { connections: 1, consumers: 2, producers: 1, addresses: 3 },
    )
    await connection.close()
    await until(() => bus.router.counters.connections === 0)
    const after = bus.router.counters
    assert.deepEqual([after.consumers, after.producers, after.addresses, after.inFlight], [0, 0, 0, 0])
  })
})

describe('virtual hosts', () => {
  it('do not hear of each other', async (t) => {
    const bus = await Bus.start(t)
    const red = await bus.collector({ address: 'x' }, await bus.connect({ hostname: 'red' }))
    const blue = await bus.collector({ address: 'x' }, await bus.connect({ hostname: 'blue' }))
    const sender = await bus.sender({ address: 'x' }, await bus.connect({ hostname: 'red' }))
    for (const text of texts(10)) await sender.send(message(text))
    assert.deepEqual(red.texts, texts(10))
    assert.deepEqual(blue.texts, [])
    const outside = await bus.sender({ target: {} })
    assert.equal((await outside.send(message('m', 'x'))).type, 'released')
  })

  it('are the same for those who name the host that they connect to and those who name none', async (t) => {
    const bus = await Bus.start(t)
    const collector = await bus.collector({ address: 'x' }, await bus.connect({ hostname: 'localhost' }))
    const sender = await bus.sender({ address: 'x' }, await bus.connect({ hostname: '127.0.0.1' }))
    await sender.send(message('1'))
    await (await bus.sender({ address: 'x' })).send(message('2'))
    assert.deepEqual(collector.texts, ['1', '2'])
  })
})

describe('a message', () => {
  it('larger than its consumer takes is rejected, and the link lives on', async (t) => {
    const bus = await Bus.start(t)
    const collector = await bus.collector({ address: 'x', maxMessageSize: 1000 })
    const sender = await bus.sender({ address: 'x' })
    const outcome = await sender.send(message('x'.repeat(2000)))
    assert.equal(outcome.type === 'rejected' && outcome.error?.condition, 'amqp:link:message-size-exceeded')
    assert.equal((await sender.send(message('small'))).type, 'accepted')
    assert.deepEqual(collector.texts, ['small'])
  })
})

describe('a name that is too long', () => {
  const long = 'y'.repeat(8_193)

  it('is refused, of a link and of an address, and the connection goes on', async (t) => {
    const bus = await Bus.start(t)
    const connection = await bus.connect()
    const onDelivery = (): void => {}
    const tooLong = refused('amqp:resource-limit-exceeded')
    await assert.rejects(bus.receiver({ address: long, onDelivery }, connection), tooLong)
    await assert.rejects(bus.sender({ address: long }, connection), tooLong)
    await assert.rejects(bus.receiver({ address: 'a', name: long, onDelivery }, connection), tooLong)
    await bus.receiver({ address: long.slice(1), onDelivery }, connection)
    assert.equal(bus.router.counters.addresses, 1)
  })
})

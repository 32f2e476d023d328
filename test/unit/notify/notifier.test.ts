import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Driver, Envelope } from '../../../src/messaging/driver.ts'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { NoOpSerializer } from '../../../src/messaging/serializer.ts'
import type { Target } from '../../../src/messaging/target.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { NotificationError } from '../../../src/notify/errors.ts'
import { PRIORITIES } from '../../../src/notify/notification.ts'
import { Notifier, type NotifierOptions } from '../../../src/notify/notifier.ts'
import { type Publisher, TestPublisher } from '../../../src/notify/publisher.ts'

interface Sent {
  readonly target: Target
  readonly envelope: Envelope
  readonly options: Record<string, unknown>
}

function recording(fail?: (target: Target) => Error | undefined): { transport: Transport; sent: Sent[] } {
  const sent: Sent[] = []
  const driver = {
    features: { requeue: true },
    async notify(target: Target, envelope: Envelope, options: object) {
      sent.push({ target, envelope, options: { ...options } })
      const error = fail?.(target)
      if (error) throw error
    },
  } as unknown as Driver
  return { transport: new Transport(parseTransportUrl('memory://'), driver), sent }
}

const publisherId = 'compute.node-1'

describe('Notifier', () => {
  for (const priority of PRIORITIES) {
    it(`publishes ${priority} to the topic of that priority, and says it in upper case`, async () => {
      const { transport, sent } = recording()
      await new Notifier(transport, { publisherId })[priority]({}, 'event', { a: 1 })
      assert.deepEqual(
        sent.map(({ target }) => target),
        [{ topic: `notifications.${priority}` }],
      )
      const message = sent[0]?.envelope.message ?? {}
      assert.deepEqual(
        [message.publisher_id, message.event_type, message.priority, message.payload],
        [publisherId, 'event', priority.toUpperCase(), { a: 1 }],
      )
    })
  }

  it('takes warning for warn', async () => {
    const { transport, sent } = recording()
    await new Notifier(transport, { publisherId }).warning({}, 'event', null)
    assert.equal(sent[0]?.target.topic, 'notifications.warn')
    assert.equal(sent[0]?.envelope.message.priority, 'WARN')
  })

  for (const [publishers, formats] of [
    [undefined, [2]],
    ['messaging', [1]],
    ['messagingv2', [2]],
    [
      ['messaging', 'messagingv2'],
      [1, 2],
    ],
    ['noop', []],
    [[], []],
  ] as const) {
    it(`publishes with ${JSON.stringify(publishers)} in the formats ${JSON.stringify(formats)}`, async () => {
      const { transport, sent } = recording()
      await new Notifier(transport, { publisherId, publishers }).info({}, 'event', {})
      assert.deepEqual(
        sent.map(({ options }) => options.format),
        formats,
      )
    })
  }

  it('publishes to every topic the same message', async () => {
    const { transport, sent } = recording()
    await new Notifier(transport, { publisherId, topics: ['a', 'b'] }).error({}, 'event', {})
    assert.deepEqual(
      sent.map(({ target }) => target.topic),
      ['a.error', 'b.error'],
    )
    assert.equal(sent[0]?.envelope.message, sent[1]?.envelope.message)
    await new Notifier(transport, { publisherId, topics: [] }).error({}, 'event', {})
    assert.equal(sent.length, 2)
  })

  it('sends of the context what identifies only', async () => {
    const { transport, sent } = recording()
    await new Notifier(transport, { publisherId }).info({ user_id: 'u', auth_token: 'secret' }, 'event', {})
    assert.deepEqual(sent[0]?.envelope.context, { user_id: 'u' })
  })

  it('applies its serializer to the payload with the whole context, and to what is left of it', async () => {
    class Tagging extends NoOpSerializer {
      override serializeEntity(context: Record<string, unknown>, entity: unknown): unknown {
        return [entity, context.auth_token]
      }
      override serializeContext(context: Record<string, unknown>): Record<string, unknown> {
        return { ...context, tagged: true }
      }
    }
    const { transport, sent } = recording()
    const notifier = new Notifier(transport, { publisherId, serializer: new Tagging() })
    await notifier.info({ user_id: 'u', auth_token: 't' }, 'event', 1)
    assert.deepEqual(sent[0]?.envelope.message.payload, [1, 't'])
    assert.deepEqual(sent[0]?.envelope.context, { user_id: 'u', tagged: true })
  })

  for (const [name, options, overrides, expected] of [
    ['the default', {}, {}, [-1, undefined]],
    ["the notifier's", { retry: 3, timeoutMs: 4 }, {}, [3, 4]],
    ["the notification's", { retry: 3, timeoutMs: 4 }, { retry: 0, timeoutMs: 5 }, [0, 5]],
  ] as const) {
    it(`retries and waits by ${name}`, async () => {
      const { transport, sent } = recording()
      await new Notifier(transport, { publisherId, ...options }).info({}, 'event', {}, overrides)
      assert.deepEqual([sent[0]?.options.retry, sent[0]?.options.timeoutMs], expected)
    })
  }

  it('prepares another with its own publisher id and retry', async () => {
    const { transport, sent } = recording()
    const notifier = new Notifier(transport, { publisherId, topics: ['t'], retry: 1 })
    await notifier.prepare({ publisherId: 'other', retry: 5 }).info({}, 'event', {})
    await notifier.prepare({}).info({}, 'event', {})
    assert.deepEqual(
      sent.map(({ target, envelope, options }) => [target.topic, envelope.message.publisher_id, options.retry]),
      [
        ['t.info', 'other', 5],
        ['t.info', publisherId, 1],
      ],
    )
  })

  it('still waits for the others when a publisher throws at once', async () => {
    const { transport } = recording(() => new Error('no bus'))
    const throwing = {
      publish() {
        throw new Error('at once')
      },
    } as Publisher
    const notifier = new Notifier(transport, { publisherId, publishers: ['messaging', throwing] })
    await assert.rejects(notifier.info({}, 'event', {}), (error) => {
      assert.ok(error instanceof NotificationError)
      assert.deepEqual(error.errors.map(String), ['Error: no bus', 'Error: at once'])
      return true
    })
  })

  it('publishes with publishers of the application', async () => {
    const { transport } = recording()
    const publisher = new TestPublisher()
    await new Notifier(transport, { publisherId, publishers: publisher, retry: 2 }).critical(
      { user_id: 'u' },
      'event',
      1,
      { messageId: 'm-1' },
    )
    const [published] = publisher.published
    assert.deepEqual([published?.context, published?.priority, published?.retry], [{ user_id: 'u' }, 'critical', 2])
    assert.equal(published?.message.message_id, 'm-1')
  })

  it('rejects with the error of the one send that failed, after all have been tried', async () => {
    const failure = new Error('no consumer')
    const { transport, sent } = recording(({ topic }) => (topic === 'a.info' ? failure : undefined))
    await assert.rejects(new Notifier(transport, { publisherId, topics: ['a', 'b'] }).info({}, 'event', {}), failure)
    assert.equal(sent.length, 2)
  })

  it('rejects with a NotificationError when several sends failed', async () => {
    const { transport } = recording(({ topic }) => new Error(`no consumer of ${topic}`))
    const publish = new Notifier(transport, { publisherId, topics: ['a', 'b', 'c'] }).info({}, 'event', {})
    await assert.rejects(publish, (error) => {
      assert.ok(error instanceof NotificationError)
      assert.equal(error.errors.length, 3)
      assert.match(error.message, /3 of 3 .*no consumer of a.info/)
      return true
    })
  })

  for (const options of [
    undefined,
    {},
    { publisherId: 5 },
    { publisherId, topics: 'notifications' },
    { publisherId, topics: [7] },
    { publisherId, topics: ['notifications', ''] },
    { publisherId, publishers: 'rabbit' },
    { publisherId, publishers: [{}] },
    { publisherId, timeoutMs: 0 },
    { publisherId, retry: 0.5 },
  ]) {
    it(`refuses the options ${JSON.stringify(options)}`, () => {
      assert.throws(() => new Notifier(recording().transport, options as NotifierOptions), InvalidArgumentError)
    })
  }

  it('rejects for a time-out or a retry that cannot be', async () => {
    const notifier = new Notifier(recording().transport, { publisherId })
    await assert.rejects(notifier.info({}, 'event', {}, { timeoutMs: Number.NaN }), InvalidArgumentError)
    await assert.rejects(notifier.info({}, 'event', {}, { retry: Number.NaN }), InvalidArgumentError)
  })

  it('rejects without a context', async () => {
    const notifier = new Notifier(recording().transport, { publisherId })
    await assert.rejects(notifier.info(null as never, 'event', {}), InvalidArgumentError)
  })

  it('refuses an event type and a message id that are no texts, and sends nothing', async () => {
    const { transport, sent } = recording()
    const notifier = new Notifier(transport, { publisherId })
    for (const eventType of [undefined, null, 7, { id: 7 }])
      await assert.rejects(notifier.info({}, eventType as never, {}), {
        code: 'INVALID_ARGUMENT',
        message: /^eventType: expected a text/,
      })
    for (const messageId of [7, '', null])
      await assert.rejects(notifier.info({}, 'event', {}, { messageId: messageId as never }), {
        code: 'INVALID_ARGUMENT',
        message: /^messageId: expected a text/,
      })
    assert.deepEqual(sent, [])
  })

  it('keeps publishers that are shared by prepare', async () => {
    const { transport } = recording()
    let published = 0
    const publisher: Publisher = {
      async publish() {
        published += 1
      },
    }
    await new Notifier(transport, { publisherId, publishers: [publisher, 'noop'] }).prepare({}).info({}, 'event', {})
    assert.equal(published, 1)
  })
})

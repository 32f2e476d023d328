import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  createTransport,
  listenForNotifications,
  loadOsloConfig,
  loadRouting,
  Notifier,
  type RoutingConfig,
} from '../../../src/index.ts'
import { ConfigFileError, InvalidArgumentError } from '../../../src/messaging/errors.ts'
import type { Priority } from '../../../src/notify/notification.ts'
import { TestPublisher } from '../../../src/notify/publisher.ts'
import { Routes } from '../../../src/notify/routing-config.ts'
import { RoutingPublisher } from '../../../src/notify/routing-publisher.ts'

const chosen = (config: RoutingConfig, eventType: string, priority: Priority = 'info'): string[] => [
  ...new Routes(config).publishersOf(eventType, priority),
]

const rule = (accepted_events?: string[], accepted_priorities?: string[]): RoutingConfig => ({
  group: { messaging: { accepted_events, accepted_priorities } },
})

function fileOf(t: TestContext, text: string, name = 'routing.yaml'): string {
  const folder = mkdtempSync(join(tmpdir(), 'routing-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('routes', () => {
  const events: readonly [string, string, boolean][] = [
    ['foo.*', 'foo.1', true],
    ['foo.*', 'foo', false],
    ['foo.*', 'Foo.1', false],
    ['*', 'anything.at.all', true],
    ['foo.?', 'foo.1', true],
    ['foo.?', 'foo.12', false],
    ['foo.[a-c]', 'foo.b', true],
    ['foo.[!a-c]', 'foo.b', false],
    ['foo.[!a-c]', 'foo.z', true],
    ['foo.[c-a]', 'foo.b', false],
    ['foo.[]]', 'foo.]', true],
    ['foo[1', 'foo[1', true],
    ['a+b(c)|^$\\', 'a+b(c)|^$\\', true],
    ['a*b*c', 'a-b-c', true],
    ['', '', true],
  ]
  for (const [pattern, eventType, expected] of events)
    it(`${expected ? 'choose' : 'do not choose'} by "${pattern}" for "${eventType}"`, () => {
      assert.deepEqual(chosen(rule([pattern]), eventType), expected ? ['messaging'] : [])
    })

  it('compare priorities in any case, and want both lists to hold', () => {
    assert.deepEqual(chosen(rule(undefined, ['ERR*']), 'x', 'error'), ['messaging'])
    assert.deepEqual(chosen(rule(undefined, ['info']), 'x', 'error'), [])
    assert.deepEqual(chosen(rule(['a'], ['error']), 'a', 'error'), ['messaging'])
    assert.deepEqual(chosen(rule(['a'], ['error']), 'a', 'info'), [])
    assert.deepEqual(chosen(rule(['a'], ['error']), 'b', 'error'), [])
    assert.deepEqual(chosen(rule([]), 'a'), [], 'a list without patterns accepts nothing')
  })

  it('without rules are for all, and name a publisher of several groups once', () => {
    const config = { one: { messaging: null, log: {} }, two: { messaging: { accepted_events: ['a'] } } }
    assert.deepEqual(chosen(config, 'a'), ['messaging', 'log'])
    assert.deepEqual(chosen({}, 'a'), [])
  })

  const wrong: readonly [unknown, RegExp][] = [
    [['a'], /routing: expected an object, not an array/],
    [{ group: 'log' }, /routing\.group: expected an object/],
    [{ group: { log: { accepted_event: [] } } }, /routing\.group\.log: unknown name "accepted_event"; did you mean/],
    [{ group: { log: { accepted_events: 'a' } } }, /routing\.group\.log\.accepted_events: expected an array/],
    [{ group: { log: { accepted_events: [7] } } }, /expected texts .*found 7/],
  ]
  for (const [config, text] of wrong)
    it(`refuse ${JSON.stringify(config)}`, () => {
      assert.throws(() => new Routes(config as RoutingConfig), { code: 'INVALID_ARGUMENT', message: text })
    })
})

describe('RoutingPublisher', () => {
  it('hands each notification to the publishers that the rules choose', async () => {
    const publishers = new Map<string, TestPublisher>()
    const routing = new RoutingPublisher({ g: { a: { accepted_events: ['x.*'] }, b: null } }, (name) => {
      const publisher = new TestPublisher()
      publishers.set(name, publisher)
      return publisher
    })
    await using transport = createTransport('memory://routing')
    const notifier = new Notifier(transport, { publisherId: 'p', publishers: routing })
    await notifier.info({}, 'x.1', 1)
    await notifier.error({}, 'y', 2)
    const payloads = (name: string): unknown[] =>
      (publishers.get(name)?.published ?? []).map(({ message }) => message.payload)
    assert.deepEqual([payloads('a'), payloads('b')], [[1], [1, 2]])
  })

  it('makes the publishers that its rules name, once each, and no others', async () => {
    const made: string[] = []
    const config = {
      one: { a: null, b: { accepted_events: ['never'] } },
      two: { a: { accepted_priorities: ['info'] } },
    }
    new RoutingPublisher(config, (name) => {
      made.push(name)
      return new TestPublisher()
    })
    assert.deepEqual(made, ['a', 'b'])
  })

  it('publishes nothing where there are no groups', async () => {
    await using transport = createTransport('memory://no-groups')
    const notifier = new Notifier(transport, { publisherId: 'p', publishers: 'routing', routing: {}, timeoutMs: 1_000 })
    await notifier.info({}, 'e', null)
  })

  it('is had by its name, with publishers of the notifier’s transport and topics', async () => {
    await using transport = createTransport('memory://routed')
    const routing = { g: { messagingv2: { accepted_events: ['wanted'] }, noop: null } }
    const notifier = new Notifier(transport, { publisherId: 'p', topics: ['t'], publishers: 'routing', routing })
    const events: unknown[] = []
    await using listener = await listenForNotifications(transport, { topic: 't' }, [
      { info: (_context, { eventType }) => void events.push(eventType) },
    ])
    await notifier.info({}, 'unwanted', null)
    await notifier.info({}, 'wanted', null)
    await listener.stop()
    assert.deepEqual(events, ['wanted'])
  })

  it('refuses publishers that there are not, and to be without rules', async () => {
    await using transport = createTransport('memory://refused')
    const make = (routing?: RoutingConfig) => () =>
      new Notifier(transport, { publisherId: 'p', publishers: 'routing', routing })
    assert.throws(make(), /needs the option routing/)
    assert.throws(make({ g: { kafka: null } }), InvalidArgumentError)
  })
})

describe('a routing file', () => {
  it('is read as YAML, also from the option routing_config', async (t) => {
    const path = fileOf(
      t,
      'group_1:\n  messagingv2:\n    accepted_events: [compute.*]\n    accepted_priorities:\n      - info\n  log:\n',
    )
    const expected = {
      group_1: { messagingv2: { accepted_events: ['compute.*'], accepted_priorities: ['info'] }, log: null },
    }
    assert.deepEqual(await loadRouting(path), expected)
    const conf = fileOf(t, `[oslo_messaging_notifications]\ndriver = routing\nrouting_config = ${path}\n`, 'nova.conf')
    const old = fileOf(t, `[DEFAULT]\nnotification_driver = routing\nrouting_notifier_config = ${path}\n`, 'old.conf')
    for (const file of [conf, old]) {
      const { notifier } = await loadOsloConfig(file)
      assert.deepEqual([notifier.publishers, notifier.routing], [['routing'], expected])
    }
  })

  it('may be empty: nothing is published', async (t) => {
    assert.deepEqual(await loadRouting(fileOf(t, '')), {})
  })

  it('that is wrong is refused with its name', async (t) => {
    for (const text of ['a: [', 'group: 7', 'g: { log: { accepted: [] } }', '- a']) {
      const path = fileOf(t, text)
      await assert.rejects(
        loadRouting(path),
        (error) => error instanceof ConfigFileError && error.message.includes(path),
        text,
      )
    }
    await assert.rejects(loadRouting('/no/such/file'), /cannot be read: ENOENT/)
  })
})

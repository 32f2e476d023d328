import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTransport, Notifier } from '../../../src/index.ts'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { decodeJson, type JsonObject } from '../../../src/messaging/json.ts'
import { LogPublisher, type NotificationLogEntry } from '../../../src/notify/log-publisher.ts'
import { maskSecrets } from '../../../src/notify/mask-secrets.ts'
import { buildNotification, PRIORITIES } from '../../../src/notify/notification.ts'

/** Its id and time hold no digits by chance that a test looks for. */
const message = (payload: unknown): JsonObject =>
  buildNotification({
    ...{ publisherId: 'p', eventType: 'user.created', priority: 'info', payload },
    ...{ messageId: 'm-1', timestamp: new Date('2026-11-24T10:00:00Z') },
  })

describe('LogPublisher', () => {
  it('writes one line of JSON, under the name of the event', async () => {
    const entries: NotificationLogEntry[] = []
    await new LogPublisher((entry) => entries.push(entry)).publish({}, message({ id: 7 }), 'warn')
    const [entry] = entries
    assert.equal(entry?.logger, 'oslo.messaging.notification.user.created')
    assert.equal(entry?.level, 'warn')
    assert.deepEqual((decodeJson(entry?.text ?? '') as JsonObject).payload, { id: 7 })
    assert.doesNotMatch(entry?.text ?? '', /\n/)
  })

  it('is had by its name: a notifier then writes to stderr, and nothing to the bus', async (t) => {
    const write = t.mock.method(process.stderr, 'write', () => true)
    await using transport = createTransport('memory://logged')
    const notifier = new Notifier(transport, { publisherId: 'p', publishers: 'log', timeoutMs: 1_000 })
    await notifier.error({ user_id: 'ada' }, 'user.created', { id: 7, password: 'x1' })
    const [line] = write.mock.calls.map(({ arguments: [text] }) => String(text))
    write.mock.restore()
    assert.match(
      line ?? '',
      /^error oslo\.messaging\.notification\.user\.created \{.*"payload": \{"id": 7, "password": "\*\*\*"\}.*\}\n$/,
    )
    assert.doesNotMatch(line ?? '', /ada/)
  })

  it('has a level for every priority', async () => {
    const levels: Record<string, string> = {}
    const publisher = new LogPublisher(({ priority, level }) => {
      levels[priority] = level
    })
    for (const priority of PRIORITIES) await publisher.publish({}, message({}), priority)
    assert.deepEqual(levels, {
      audit: 'info',
      debug: 'debug',
      info: 'info',
      warn: 'warn',
      error: 'error',
      critical: 'error',
      sample: 'debug',
    })
  })

  it('masks secrets, at any depth, and keeps the rest as it is', async () => {
    const entries: NotificationLogEntry[] = []
    const payload = {
      user: { name: 'ada', PassWord: 'x1', nested: [{ auth_token: 'x2', big: 9007199254740993n }] },
      admin_password: 42,
      command: 'mysql --password x3 -u root; export TOKEN=x4',
      json: '{"secret": "x5", "id": 7}',
      xml: '<passphrase>x6</passphrase>',
    }
    await new LogPublisher((entry) => entries.push(entry)).publish({}, message(payload), 'info')
    const text = entries[0]?.text ?? ''
    assert.doesNotMatch(text, /x\d|42/)
    assert.match(text, /"name": ?"ada"/)
    assert.match(text, /9007199254740993/)
    assert.match(text, /root/)
  })

  it('leaves the message that others publish alone', async () => {
    const shared = message({ password: 'secret' })
    await new LogPublisher(() => {}).publish({}, shared, 'info')
    assert.deepEqual(shared.payload, { password: 'secret' })
  })

  it('rejects with what the log throws', async () => {
    const failing = new LogPublisher(() => {
      throw new Error('disk full')
    })
    await assert.rejects(failing.publish({}, message({}), 'info'), /disk full/)
    assert.throws(() => new LogPublisher('console' as never), InvalidArgumentError)
  })
})

describe('the masking of secrets', () => {
  const cases: readonly [unknown, unknown][] = [
    ['nothing to hide', 'nothing to hide'],
    ['password = "hunter 2"', 'password = "***"'],
    ["{'adminPass': u'hunter2', 'id': 1}", "{'adminPass': u'***', 'id': 1}"],
    ['X-Auth-Token: abc', 'X-Auth-Token: ***'],
    ['tool --os-password abc --debug', 'tool --os-password *** --debug'],
    [{ secret: { inner: 'shown' } }, { secret: { inner: 'shown' } }],
    [{ tokens: ['a', 'b'] }, { tokens: '***' }],
    [
      [null, 1, true],
      [null, 1, true],
    ],
  ]
  for (const [value, masked] of cases)
    it(`of ${JSON.stringify(value)}`, () => {
      assert.equal(JSON.stringify(maskSecrets(value)), JSON.stringify(masked))
    })

  it('takes no longer for texts that are made to be slow', () => {
    for (const text of ['password='.repeat(7_000), `${'secret-'.repeat(9_000)}`, `password="${'a'.repeat(60_000)}`])
      assert.equal(typeof maskSecrets(text), 'string')
    assert.equal(maskSecrets('x'.repeat(70_000)), '(a text of 70000 characters)')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type CloudEvent,
  type CloudEventHandler,
  cloudEventEndpoint,
  createTransport,
  listenForNotifications,
  type NotificationEvent,
  NotificationFilter,
  Notifier,
  PRIORITIES,
  REQUEUE,
  toCloudEvent,
} from '../../../src/index.ts'
import { isUriReference } from '../../../src/support/uri-reference.ts'

const EVENT: NotificationEvent = {
  priority: 'error',
  publisherId: 'compute.node-1',
  eventType: 'compute.instance.create.error',
  payload: { id: 7, cause: null },
  messageId: '0a8d3e1c-1f5e-4f4a-9d0e-0f6f4b1d2c3e',
  timestamp: '2026-11-24 10:00:00.123456',
}

const CONTEXT = {
  request_id: 'req-1',
  global_request_id: 'req-0',
  project_id: 'p1',
  project: 'older name',
  project_name: 'demo',
  user: 'u1',
  user_name: 'ada',
  domain_id: 'default',
  roles: ['admin'],
  is_admin: true,
}

/** An event of which some fields are what a publisher made of them. */
const eventWith = (fields: Readonly<Record<string, unknown>>) => ({ ...EVENT, ...fields }) as NotificationEvent

describe('toCloudEvent', () => {
  it('makes a CloudEvent of a notification', () => {
    assert.deepEqual(toCloudEvent(CONTEXT, EVENT), {
      specversion: '1.0',
      id: '0a8d3e1c-1f5e-4f4a-9d0e-0f6f4b1d2c3e',
      source: 'compute.node-1',
      type: 'compute.instance.create.error',
      time: '2026-11-24T10:00:00.123456Z',
      datacontenttype: 'application/json',
      priority: 'error',
      requestid: 'req-1',
      globalrequestid: 'req-0',
      projectid: 'p1',
      projectname: 'demo',
      userid: 'u1',
      username: 'ada',
      domainid: 'default',
      data: { id: 7, cause: null },
    })
  })

  it('gives the same for the same notification, so that one that comes again is known', () => {
    assert.deepEqual(toCloudEvent(CONTEXT, EVENT), toCloudEvent(CONTEXT, { ...EVENT }))
  })

  it('gives a valid value to what has to be there, and leaves out what has not', () => {
    for (const nothing of [null, undefined, '', {}, [], true]) {
      const event = eventWith({
        ...{ priority: nothing, publisherId: nothing, eventType: nothing, messageId: nothing, timestamp: nothing },
        payload: undefined,
      })
      const { id, ...rest } = toCloudEvent({ request_id: nothing, project_id: nothing }, event)
      assert.match(id, /^[0-9a-f-]{36}$/)
      assert.deepEqual(rest, {
        specversion: '1.0',
        source: 'unknown',
        type: 'unknown',
        datacontenttype: 'application/json',
        data: null,
      })
    }
  })

  it('takes numbers for their digits', () => {
    const event = eventWith({ messageId: 42, eventType: 7n })
    const { id, type, projectid } = toCloudEvent({ project_id: 12 }, event)
    assert.deepEqual([id, type, projectid], ['42', '7', '12'])
  })

  it('percent-encodes what an attribute may not hold', () => {
    const event = eventWith({ messageId: 'a\n\u0085', eventType: '\ud800x\uffff', publisherId: 'a b\u0000/ž' })
    const { id, type, source } = toCloudEvent({}, event)
    assert.deepEqual([id, type, source], ['a%0A%C2%85', '%EF%BF%BDx%EF%BF%BF', 'a%20b%00/%C5%BE'])
  })

  for (const [timestamp, time] of [
    ['2026-11-24 10:00:00', '2026-11-24T10:00:00Z'],
    ['2026-11-24T10:00:00.5+02:00', '2026-11-24T10:00:00.5+02:00'],
    ['2026-11-24t10:00:00z', '2026-11-24T10:00:00Z'],
    ['2024-02-29 23:59:59', '2024-02-29T23:59:59Z'],
    ['2026-02-29 10:00:00', undefined],
    ['2026-11-24 24:00:00', undefined],
    ['2026-11-24T10:00:00+25:00', undefined],
    ['2026-11-24', undefined],
    ['yesterday', undefined],
    [1_764_000_000, undefined],
  ] as const)
    it(`says ${time ?? 'nothing'} for the time ${timestamp}`, () => {
      assert.equal(toCloudEvent({}, eventWith({ timestamp })).time, time)
    })

  it('puts what the option says before the publisher', () => {
    const sourceOf = (source: string, publisherId: unknown) =>
      toCloudEvent({}, eventWith({ publisherId }), { source }).source
    assert.equal(sourceOf('https://cloud.example/', 'nova/1:2'), 'https://cloud.example/nova%2F1%3A2')
    assert.equal(sourceOf('urn:nova:', null), 'urn:nova:unknown')
  })

  it('refuses an option that there is not, and what no source can begin with', () => {
    assert.throws(() => toCloudEvent({}, EVENT, { sorce: 'a' } as object), /did you mean "source"/)
    for (const source of ['a b', '%', 'http://h:80', 'a#b#', 7])
      assert.throws(() => toCloudEvent({}, EVENT, { source } as object), { code: 'INVALID_ARGUMENT' })
  })

  it('is valid, whatever is sent', () => {
    const anything = fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'binary' }) },
      { weight: 1, arbitrary: fc.anything() },
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString().replace('T', ' ').slice(0, -1)),
      // Halves of surrogates.
      fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
    )
    const event = fc.record({
      ...{ priority: anything, publisherId: anything, eventType: anything, messageId: anything, timestamp: anything },
      payload: fc.jsonValue(),
    })
    const context = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(CONTEXT)), fc.string()), anything)
    const source = fc.constantFrom(undefined, 'https://cloud.example/', 'urn:a:', '')
    fc.assert(
      fc.property(context, event, source, (given, sent, base) => {
        const made = toCloudEvent(given, sent as unknown as NotificationEvent, { source: base })
        assertValid(made)
        assert.deepEqual(made.data, sent.payload)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('cloudEventEndpoint', () => {
  async function heard(options: Parameters<typeof cloudEventEndpoint>[1], bus: string): Promise<CloudEvent[]> {
    await using transport = createTransport(`memory://${bus}`)
    const events: CloudEvent[] = []
    const endpoint = cloudEventEndpoint((event) => void events.push(event), options)
    await using listener = await listenForNotifications(transport, { topic: 't' }, [endpoint])
    const notifier = new Notifier(transport, { publisherId: 'compute.node-1', topics: ['t'], timeoutMs: 200 })
    for (const type of ['a', 'b']) {
      await notifier.info({ request_id: 'req-1' }, type, { type })
      // Where the listener does not want errors there is nobody to take it.
      await notifier.error({}, type, { type }).catch(() => {})
    }
    await listener.stop()
    return events
  }

  it('hands every notification to its handler', async () => {
    const events = await heard({ source: 'urn:x:' }, 'cloud-all')
    events.forEach(assertValid)
    assert.deepEqual(
      events.map(({ source, type, priority, requestid, data }) => [source, type, priority, requestid, data]),
      [
        ['urn:x:compute.node-1', 'a', 'info', 'req-1', { type: 'a' }],
        ['urn:x:compute.node-1', 'a', 'error', undefined, { type: 'a' }],
        ['urn:x:compute.node-1', 'b', 'info', 'req-1', { type: 'b' }],
        ['urn:x:compute.node-1', 'b', 'error', undefined, { type: 'b' }],
      ],
    )
  })

  it('has methods for all priorities, or for those that it is told', () => {
    assert.deepEqual(Object.keys(cloudEventEndpoint(() => {})), [...PRIORITIES])
    assert.deepEqual(Object.keys(cloudEventEndpoint(() => {}, { priorities: ['info', 'sample'] })), ['info', 'sample'])
  })

  it('passes over what its filter does not want', async () => {
    const events = await heard(
      { filter: new NotificationFilter({ eventType: 'b' }), priorities: ['info'] },
      'cloud-some',
    )
    assert.deepEqual(
      events.map(({ type, priority }) => [type, priority]),
      [['b', 'info']],
    )
  })

  it('gives back what its handler gives back', async () => {
    const { info } = cloudEventEndpoint(async () => REQUEUE)
    assert.equal(await info?.({}, EVENT), REQUEUE)
  })

  it('refuses what is no handler, no priority, no option', () => {
    for (const [handler, options] of [
      [undefined, {}],
      [() => {}, { priorities: [] }],
      [() => {}, { priorities: ['warning'] }],
      [() => {}, { priorities: 'info' }],
      [() => {}, { source: 'a b' }],
      [() => {}, { topic: 't' }],
    ])
      assert.throws(() => cloudEventEndpoint(handler as CloudEventHandler, options as object), {
        code: 'INVALID_ARGUMENT',
      })
  })
})

/** The rules of CloudEvents 1.0.2, sections 3.1 and 3.2, and of its JSON format. */
function assertValid(event: CloudEvent): void {
  const { data, ...attributes } = event
  for (const [name, value] of Object.entries(attributes)) {
    assert.match(name, /^[a-z0-9]{1,20}$/)
    assert.ok(typeof value === 'string' && value !== '', name)
    for (const sign of value) {
      const code = sign.codePointAt(0) as number
      const control = code <= 0x1f || (code >= 0x7f && code <= 0x9f)
      const surrogate = code >= 0xd800 && code <= 0xdfff
      const noncharacter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe
      assert.ok(!control && !surrogate && !noncharacter, `${name}: ${JSON.stringify(value)}`)
    }
  }
  assert.equal(event.specversion, '1.0')
  assert.equal(event.datacontenttype, 'application/json')
  assert.ok(event.id && event.source && event.type)
  // What may stand in a URI at all, and its grammar (test/unit/support/uri-reference.test.ts).
  assert.match(event.source, /^(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/)
  assert.ok(event.source.length > 4000 || isUriReference(event.source), event.source)
  if (event.time !== undefined) {
    assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/)
    assert.ok(!Number.isNaN(Date.parse(event.time)), event.time)
  }
  assert.notEqual(data, undefined)
}

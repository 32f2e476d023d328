// Notifications as CloudEvents 1.0 (https://cloudevents.io): the form in which other systems take events.

import { randomUUID } from 'node:crypto'
import { InvalidArgumentError } from '../messaging/errors.ts'
import { checkNames } from '../messaging/options.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import { describeValue } from '../support/describe-value.ts'
import { isUriReference, uriReferenceOf, uriSegment } from '../support/uri-reference.ts'
import type { NotificationEndpoint, NotificationResult } from './endpoint.ts'
import type { NotificationFilter } from './filter.ts'
import { checkedPriorities, type NotificationEvent, type Priority } from './notification.ts'

/** A CloudEvent in the form of its JSON format, with the extension attributes that a notification can have. */
export interface CloudEvent {
  readonly specversion: '1.0'
  /** The message id: the same when a notification is delivered again. */
  readonly id: string
  /** Who published it, as a URI reference. */
  readonly source: string
  /** The event type. */
  readonly type: string
  /** When it was made, by RFC 3339 in UTC. */
  readonly time?: string
  readonly datacontenttype: 'application/json'
  /** Lower case. */
  readonly priority?: string
  readonly requestid?: string
  readonly globalrequestid?: string
  readonly projectid?: string
  readonly projectname?: string
  readonly userid?: string
  readonly username?: string
  readonly domainid?: string
  /** The payload, as it is. */
  readonly data: unknown
}

export interface CloudEventOptions {
  /**
   * What every `source` begins with, as `https://cloud.example/` or `urn:nova:`; the publisher id follows, percent-encoded. Default:
   * the publisher id alone.
   */
  readonly source?: string | undefined
}

export interface CloudEventEndpointOptions extends CloudEventOptions {
  /** Of which priorities. Default: all. */
  readonly priorities?: readonly Priority[] | undefined
  /** Which of these. Default: all. */
  readonly filter?: NotificationFilter | undefined
}

/** As with an endpoint's method: what it returns, or throws, decides whether the notification is delivered again. */
export type CloudEventHandler = (event: CloudEvent) => NotificationResult | Promise<NotificationResult>

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof CloudEventOptions>(['source'])
const ENDPOINT_NAMES: ReadonlySet<string> = new Set<keyof CloudEventEndpointOptions>(['source', 'priorities', 'filter'])

/** Stands for a publisher or an event type that is missing: neither may be empty in a CloudEvent. */
const UNKNOWN = 'unknown'

type Extension = 'requestid' | 'globalrequestid' | 'projectid' | 'projectname' | 'userid' | 'username' | 'domainid'

/** Extension attribute, and the keys of the context that can say it, newer ones first. */
const FROM_CONTEXT: readonly (readonly [Extension, readonly string[]])[] = [
  ['requestid', ['request_id']],
  ['globalrequestid', ['global_request_id']],
  ['projectid', ['project_id', 'project', 'tenant']],
  ['projectname', ['project_name']],
  ['userid', ['user_id', 'user']],
  ['username', ['user_name']],
  ['domainid', ['domain_id', 'domain']],
]

/**
 * The notification as a CloudEvent 1.0; `docs/reference/cloud-events.md` says what becomes of each field.
 *
 *     const endpoint = { info: (context, event) => send(JSON.stringify(toCloudEvent(context, event))) }
 *
 * Always valid, whatever the publisher sent: an `id` that is missing is a new UUID, a missing publisher or event type is `unknown`, other
 * fields that are missing or no texts are left out, and what an attribute may not hold is percent-encoded. `data` is the payload as it is: a
 * bigint in it is for whoever writes it to deal with.
 *
 * Throws InvalidArgumentError for an option that does not exist, and for a `source` that no URI reference can begin with.
 */
export function toCloudEvent(context: object, event: NotificationEvent, options: CloudEventOptions = {}): CloudEvent {
  checkNames('options of toCloudEvent', options, OPTION_NAMES)
  return convert(context, event, checkedSource(options.source))
}

/**
 * An endpoint of a listener that hands every notification to one function, as a CloudEvent.
 *
 *     const endpoint = cloudEventEndpoint((event) => forward(event), { priorities: ['info', 'error'] })
 *     await using listener = await listenForNotifications(transport, { topic: 'notifications' }, [endpoint])
 *
 * Throws InvalidArgumentError for a handler that is no function, and for options that do not exist or cannot have that value.
 */
export function cloudEventEndpoint(
  handler: CloudEventHandler,
  options: CloudEventEndpointOptions = {},
): NotificationEndpoint {
  if (typeof handler !== 'function')
    throw new InvalidArgumentError(`handler: expected a function, not ${describeValue(handler)}`)
  checkNames('options of cloudEventEndpoint', options, ENDPOINT_NAMES)
  const source = checkedSource(options.source)
  const endpoint: NotificationEndpoint = options.filter === undefined ? {} : { filter: options.filter }
  for (const priority of checkedPriorities(options.priorities))
    endpoint[priority] = (context: SerializedContext, event: NotificationEvent) =>
      handler(convert(context, event, source))
  return endpoint
}

function convert(context: object, event: NotificationEvent, source: string | undefined): CloudEvent {
  const time = timeOf(event.timestamp)
  const priority = textOf(event.priority)
  return {
    specversion: '1.0',
    id: textOf(event.messageId) ?? randomUUID(),
    source: sourceOf(event.publisherId, source),
    type: textOf(event.eventType) ?? UNKNOWN,
    ...(time === undefined ? {} : { time }),
    datacontenttype: 'application/json',
    ...(priority === undefined ? {} : { priority }),
    ...extensionsOf(context),
    data: event.payload ?? null,
  }
}

function extensionsOf(context: object): Partial<Record<Extension, string>> {
  const extensions: Partial<Record<Extension, string>> = {}
  const given = context as SerializedContext
  for (const [name, keys] of FROM_CONTEXT) {
    for (const key of keys) {
      const value = Object.hasOwn(given, key) ? textOf(given[key]) : undefined
      if (value === undefined) continue
      extensions[name] = value
      break
    }
  }
  return extensions
}

function sourceOf(publisherId: unknown, base: string | undefined): string {
  const publisher = rawText(publisherId) ?? UNKNOWN
  return base === undefined ? uriReferenceOf(publisher) : `${base}${uriSegment(publisher)}`
}

/** A number is as good as its digits. Whatever else is no text is nothing. */
function rawText(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** What the type String excludes (section 3.2): control characters, surrogates without their other half, what is no character. */
const textOf = (value: unknown): string | undefined =>
  rawText(value)?.replace(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu, uriSegment)

/** Python's text is UTC without saying so. What says its zone keeps it; what is no time is none. */
function timeOf(timestamp: unknown): string | undefined {
  const [, day, time, fraction = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[ Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?$/.exec(
      typeof timestamp === 'string' ? timestamp : '',
    ) ?? []
  if (day === undefined || !isMoment(`${day}T${time}`) || !isZone(zone)) return undefined
  return `${day}T${time}${fraction}${zone.toUpperCase()}`
}

/** There is such a day, and such a second in it: JavaScript takes 30 February for one in March. */
function isMoment(text: string): boolean {
  const moment = new Date(`${text}Z`)
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text)
}

const isZone = (zone: string): boolean => /^(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.test(zone)

function checkedSource(source: unknown): string | undefined {
  if (source === undefined) return undefined
  if (typeof source === 'string' && isUriReference(`${source}x`)) return source
  throw new InvalidArgumentError(
    `source: expected the beginning of a URI reference, as https://cloud.example/, not ${describeValue(source)}`,
  )
}

// What a request to `$management` asks, and the answer: reading only (AMQP Management, working draft 9, as Qpid Dispatch Router
// speaks it). Nothing here throws because of what was asked; what cannot be decoded throws DecodeError.

import type { AmqpValue, EncodedMessage } from '../amqp/index.ts'
import { printable } from '../amqp/index.ts'
import type { EntityType, ManagedHost } from './entity-type.ts'
import { ENTITY_TYPES, entityTypeOf } from './management-entities.ts'

/** What may be had in one answer; who wants more asks again, with `offset`. */
export const READING_LIMITS = Object.freeze({ count: 500, bodyBytes: 256 * 1024, names: 100 })

export interface Answer {
  /** As of HTTP. */
  readonly status: number
  readonly description: string
  readonly body: AmqpValue
  /** Of a query: there is more than was told. */
  readonly more?: boolean
}

/** What a request is about, besides the addresses that it has. */
export type Asked = Partial<Pick<EncodedMessage, 'applicationProperties' | 'body'>>

/** The type of the router's node itself, which names no kind of things. */
const NODE = 'org.amqp.management'

const OPERATIONS: Readonly<Record<string, (asked: Inquiry, host: ManagedHost) => Answer>> = {
  QUERY: query,
  READ: read,
  'GET-TYPES': (asked) => tell(asked, () => []),
  'GET-ATTRIBUTES': (asked) => tell(asked, ({ attributeNames }) => [...attributeNames]),
  'GET-OPERATIONS': (asked) => tell(asked, () => ['READ']),
  'GET-MGMT-NODES': () => ok([]),
}

const WRITING = new Set(['CREATE', 'UPDATE', 'DELETE'])

export function answerTo(asked: Asked, host: ManagedHost): Answer {
  const inquiry = new Inquiry(asked)
  const operation = inquiry.text('operation')
  if (operation === undefined) return refusal(400, 'operation: expected a text among the application-properties')
  if (WRITING.has(operation)) return refusal(405, `${operation}: this router can be read, and not changed`)
  if (!Object.hasOwn(OPERATIONS, operation)) {
    const known = Object.keys(OPERATIONS).join(', ')
    return refusal(501, `operation: expected one of ${known}, found "${printable(operation)}"`)
  }
  return (OPERATIONS[operation] as (typeof OPERATIONS)[string])(inquiry, host)
}

class Inquiry {
  readonly #properties: ReadonlyMap<string, AmqpValue>
  readonly body: AmqpValue

  constructor({ applicationProperties, body }: Asked) {
    this.#properties = applicationProperties ?? new Map()
    this.body = body?.type === 'value' ? body.value : undefined
  }

  /** Undefined: absent, or no text. */
  text(name: string): string | undefined {
    const value = this.#properties.get(name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** A whole number of at least 0; undefined when absent, null when it is something else. */
  count(name: string): number | null | undefined {
    const value = this.#properties.get(name)
    if (value === undefined || value === null) return undefined
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null
  }

  /** The kind that is asked about; undefined: none is named. */
  get entityType(): string | undefined {
    const type = this.text('type')
    return this.text('entityType') ?? (type === NODE ? undefined : type)
  }

  /** Null: they are no list of texts, or too many. */
  get attributeNames(): readonly string[] | null {
    const names = this.body instanceof Map ? (this.body.get('attributeNames') ?? []) : []
    if (!Array.isArray(names) || names.length > READING_LIMITS.names) return null
    return names.every((name) => typeof name === 'string') ? (names as string[]) : null
  }
}

function query(asked: Inquiry, host: ManagedHost): Answer {
  const type = kindOf(asked)
  if (!('rows' in type)) return type
  const offset = asked.count('offset') ?? 0
  const count = asked.count('count')
  if (asked.count('offset') === null || count === null)
    return refusal(400, 'offset and count: expected whole numbers of at least 0')
  const given = asked.attributeNames
  if (given === null)
    return refusal(400, `attributeNames: expected a list of ${READING_LIMITS.names} texts at most in the body`)
  const names = given.length > 0 ? given : type.attributeNames
  const most = Math.min(count ?? READING_LIMITS.count, READING_LIMITS.count)
  const { results, more } = collect(type.rows(host, offset, names), most)
  return { ...ok(new Map<AmqpValue, AmqpValue>(Object.entries({ attributeNames: [...names], results }))), more }
}

/** As many as may be told in one answer. */
function collect(rows: Iterable<AmqpValue[]>, most: number): { results: AmqpValue[][]; more: boolean } {
  const results: AmqpValue[][] = []
  let bytes = 0
  for (const row of rows) {
    bytes += sizeOf(row)
    if (results.length >= most || (bytes > READING_LIMITS.bodyBytes && results.length > 0))
      return { results, more: true }
    results.push(row)
  }
  return { results, more: false }
}

/** About what it takes on the wire. */
function sizeOf(row: readonly AmqpValue[]): number {
  let bytes = 0
  for (const value of row) bytes += typeof value === 'string' ? Buffer.byteLength(value) + 5 : 9
  return bytes
}

function read(asked: Inquiry, host: ManagedHost): Answer {
  const type = kindOf(asked)
  if (!('rows' in type)) return type
  const identity = asked.text('identity')
  const name = asked.text('name')
  if (identity === undefined && name === undefined)
    return refusal(400, 'identity: expected a text among the application-properties')
  const found = type.read(host, { identity, name })
  return found ? ok(found) : refusal(404, `there is no such ${type.name}`)
}

/** Something about each kind, or about the one that is named. */
function tell(asked: Inquiry, about: (type: EntityType) => AmqpValue): Answer {
  const { entityType } = asked
  const type = entityType === undefined ? undefined : kindOf(asked)
  if (type && !('rows' in type)) return type
  const types = type ? [type] : ENTITY_TYPES
  return ok(new Map<AmqpValue, AmqpValue>(types.map((one) => [one.name, about(one)])))
}

function kindOf(asked: Inquiry): EntityType | Answer {
  const { entityType } = asked
  const type = entityType === undefined ? undefined : entityTypeOf(entityType)
  if (type) return type
  const found = entityType === undefined ? 'none' : `"${printable(entityType)}"`
  const known = ENTITY_TYPES.map(({ name }) => name).join(', ')
  return refusal(entityType === undefined ? 400 : 404, `entityType: expected one of ${known}; found ${found}`)
}

const ok = (body: AmqpValue): Answer => ({ status: 200, description: 'OK', body })

const refusal = (status: number, description: string): Answer => ({ status, description, body: new Map() })

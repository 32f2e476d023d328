import * as type from './composite.ts'
import { composite, decodeComposite, encodeComposite, type FieldType } from './composite.ts'
import { type DeliveryState, outcome } from './delivery-state.ts'
import * as descriptors from './descriptors.ts'
import { EncodeError } from './errors.ts'
import { Described, type Fields } from './types.ts'

/** terminus-durability of the specification: what of a terminus outlives its link. */
export const DURABILITY = Object.freeze({ NONE: 0, CONFIGURATION: 1, UNSETTLED_STATE: 2 } as const)

/** What source and target share. Received ones have the specification's defaults filled in. */
interface Terminus {
  readonly address?: string | undefined
  /** See DURABILITY. */
  readonly durable?: number | undefined
  /** `session-end` unless said otherwise. */
  readonly expiryPolicy?: string | undefined
  /** Seconds. */
  readonly timeout?: number | undefined
  readonly dynamic?: boolean | undefined
  readonly dynamicNodeProperties?: Fields | undefined
  readonly capabilities?: readonly string[] | undefined
}

/** Where messages come from (specification part 3, section 3.5.3). */
export interface Source extends Terminus {
  readonly distributionMode?: string | undefined
  readonly filter?: Fields | undefined
  readonly defaultOutcome?: DeliveryState | undefined
  /** Descriptors of the outcomes that may be chosen, such as `amqp:accepted:list`. */
  readonly outcomes?: readonly string[] | undefined
}

/** Where messages go (specification part 3, section 3.5.4). */
export interface Target extends Terminus {
  readonly type?: undefined
}

/** The other kind of target: a transaction manager (specification part 4, section 4.5.1). */
export interface Coordinator {
  readonly type: 'coordinator'
  readonly capabilities?: readonly string[] | undefined
}

/** filter-set: what is sent is checked; what comes is taken, since some peers answer with bare values. */
const filters: FieldType<Fields> = {
  ...type.fields,
  write: (e, value, what) => {
    if (value instanceof Map)
      for (const [name, filter] of value)
        if (filter !== null && filter !== undefined && !(filter instanceof Described))
          throw new EncodeError(`${what}: "${name}" is no described value, as every filter is`)
    type.fields.write(e, value, what)
  },
}

const SOURCE = composite('source', descriptors.SOURCE, [
  ['address', type.string],
  ['durable', type.uint, { default: DURABILITY.NONE }],
  ['expiry-policy', type.symbol, { default: 'session-end' }],
  ['timeout', type.uint, { default: 0 }],
  ['dynamic', type.boolean, { default: false }],
  ['dynamic-node-properties', type.fields],
  ['distribution-mode', type.symbol],
  ['filter', filters],
  ['default-outcome', outcome],
  ['outcomes', type.symbols],
  ['capabilities', type.symbols],
])

const TARGET = composite('target', descriptors.TARGET, [
  ['address', type.string],
  ['durable', type.uint, { default: DURABILITY.NONE }],
  ['expiry-policy', type.symbol, { default: 'session-end' }],
  ['timeout', type.uint, { default: 0 }],
  ['dynamic', type.boolean, { default: false }],
  ['dynamic-node-properties', type.fields],
  ['capabilities', type.symbols],
])

const COORDINATOR = composite('coordinator', descriptors.COORDINATOR, [['capabilities', type.symbols]])

export const source: FieldType<Source> = {
  name: 'source',
  write: (e, value) => (value === undefined ? e.writeNull() : encodeComposite(e, SOURCE, value)),
  read: (d, what) => {
    if (d.skipNull()) return undefined
    const at = d.position
    if (d.readDescriptor(what) !== descriptors.SOURCE) throw d.fail(`${what}: expected a source`, at)
    const result: Record<string, unknown> = {}
    decodeComposite(d, SOURCE, result)
    return result as unknown as Source
  },
}

export const target: FieldType<Target | Coordinator> = {
  name: 'target',
  write: (e, value) => {
    if (value === undefined) e.writeNull()
    else encodeComposite(e, value.type === 'coordinator' ? COORDINATOR : TARGET, value)
  },
  read: (d, what) => {
    if (d.skipNull()) return undefined
    const at = d.position
    const descriptor = d.readDescriptor(what)
    if (descriptor === descriptors.COORDINATOR) {
      const coordinator: Record<string, unknown> = { type: 'coordinator' }
      decodeComposite(d, COORDINATOR, coordinator)
      return coordinator as unknown as Coordinator
    }
    if (descriptor !== descriptors.TARGET) throw d.fail(`${what}: expected a target`, at)
    const result: Record<string, unknown> = {}
    decodeComposite(d, TARGET, result)
    return result as unknown as Target
  },
}

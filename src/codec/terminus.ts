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
  /** The name of the node: a queue, a topic, whatever the peer has. Not with `dynamic`. */
  readonly address?: string | undefined
  /** What of it outlives the link: 0 nothing, 1 that it exists, 2 also what is unsettled. Default 0. */
  readonly durable?: number | undefined
  /** When it goes: `link-detach`, `session-end`, `connection-close` or `never`. Default `session-end`. */
  readonly expiryPolicy?: string | undefined
  /** Seconds that it lives on once `expiryPolicy` applies. Default 0. */
  readonly timeout?: number | undefined
  /** The peer is to make a node for this link and to answer with its address. Default false. */
  readonly dynamic?: boolean | undefined
  /** What the node that is made should be like, as `lifetime-policy`. */
  readonly dynamicNodeProperties?: Fields | undefined
  /** What the node should be or can do, as `queue` or `topic`. */
  readonly capabilities?: readonly string[] | undefined
}

/** Where messages come from (specification part 3, section 3.5.3). */
export interface Source extends Terminus {
  /** `move`: each message goes to one receiver; `copy`: to each of them. Default: the node's own. */
  readonly distributionMode?: string | undefined
  /** Which messages are wanted: described values by name, as the peer understands them. */
  readonly filter?: Fields | undefined
  /** What becomes of a message that is settled without an outcome. */
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

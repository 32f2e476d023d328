// The composite types of the specification as bytes: every field with a value that is right and with values that are wrong.
// Written from the specification and not from src/codec, so that neither can repeat a mistake of the other.

/** A field as the specification declares it: its name, its type, and whether it must be there. */
export type WireField = readonly [name: string, type: WireType, mandatory?: 'mandatory']

/** A value of each type, in hexadecimal. */
const RIGHT = {
  boolean: '41',
  ubyte: '5000',
  ushort: '600001',
  uint: '5201',
  ulong: '5301',
  timestamp: '830000000000000001',
  binary: 'a00101',
  string: 'a10161',
  symbol: 'a30161',
  symbols: 'e00401a30161',
  map: 'c10100',
  error: '00531dc00401a30161',
  source: '00532845',
  target: '00532945',
  state: '00532445',
  id: 'a10161',
} as const

export type WireType = keyof typeof RIGHT

/** Values that no field of the type may have: of other types, or out of its range. */
const WRONG: Readonly<Record<WireType, readonly string[]>> = {
  boolean: ['5001', '5602', 'a10161'],
  ubyte: ['5200', '600000', '5100', 'a10161'],
  ushort: ['5201', '5000', '61ffff'],
  uint: ['5301', '600001', '54ff', 'a10131'],
  ulong: ['5201', '55ff', 'a10131'],
  timestamp: ['5201', '8100000000000000', 'a10131'],
  binary: ['a10161', 'a30161'],
  string: ['a30161', 'a00161', '5201', 'a101ff'],
  symbol: ['a10161', '5201', 'a30180'],
  symbols: ['a10161', 'e00401a10161', '45', 'a30180'],
  map: ['45', 'a10161', 'c1020141', '5201'],
  error: ['00531d45', '00532445', '45', 'a30161', '00531dc00401a10161'],
  source: ['00532945', '45', 'a10161', '005328c0020141'],
  target: ['00532845', '45', 'a10161', '005329c0020141'],
  state: ['45', 'a10161', '005324c0020140', '00532345'],
  id: ['5201', '5401', 'a30161'],
}

export const PERFORMATIVES: Readonly<Record<string, { readonly code: number; readonly fields: readonly WireField[] }>> =
  {
    open: {
      code: 0x10,
      fields: [
        ['container-id', 'string', 'mandatory'],
        ['hostname', 'string'],
        ['max-frame-size', 'uint'],
        ['channel-max', 'ushort'],
        ['idle-time-out', 'uint'],
        ['outgoing-locales', 'symbols'],
        ['incoming-locales', 'symbols'],
        ['offered-capabilities', 'symbols'],
        ['desired-capabilities', 'symbols'],
        ['properties', 'map'],
      ],
    },
    begin: {
      code: 0x11,
      fields: [
        ['remote-channel', 'ushort'],
        ['next-outgoing-id', 'uint', 'mandatory'],
        ['incoming-window', 'uint', 'mandatory'],
        ['outgoing-window', 'uint', 'mandatory'],
        ['handle-max', 'uint'],
        ['offered-capabilities', 'symbols'],
        ['desired-capabilities', 'symbols'],
        ['properties', 'map'],
      ],
    },
    attach: {
      code: 0x12,
      fields: [
        ['name', 'string', 'mandatory'],
        ['handle', 'uint', 'mandatory'],
        ['role', 'boolean', 'mandatory'],
        ['snd-settle-mode', 'ubyte'],
        ['rcv-settle-mode', 'ubyte'],
        ['source', 'source'],
        ['target', 'target'],
        ['unsettled', 'map'],
        ['incomplete-unsettled', 'boolean'],
        ['initial-delivery-count', 'uint'],
        ['max-message-size', 'ulong'],
        ['offered-capabilities', 'symbols'],
        ['desired-capabilities', 'symbols'],
        ['properties', 'map'],
      ],
    },
    flow: {
      code: 0x13,
      fields: [
        ['next-incoming-id', 'uint'],
        ['incoming-window', 'uint', 'mandatory'],
        ['next-outgoing-id', 'uint', 'mandatory'],
        ['outgoing-window', 'uint', 'mandatory'],
        ['handle', 'uint'],
        ['delivery-count', 'uint'],
        ['link-credit', 'uint'],
        ['available', 'uint'],
        ['drain', 'boolean'],
        ['echo', 'boolean'],
        ['properties', 'map'],
      ],
    },
    transfer: {
      code: 0x14,
      fields: [
        ['handle', 'uint', 'mandatory'],
        ['delivery-id', 'uint'],
        ['delivery-tag', 'binary'],
        ['message-format', 'uint'],
        ['settled', 'boolean'],
        ['more', 'boolean'],
        ['rcv-settle-mode', 'ubyte'],
        ['state', 'state'],
        ['resume', 'boolean'],
        ['aborted', 'boolean'],
        ['batchable', 'boolean'],
      ],
    },
    disposition: {
      code: 0x15,
      fields: [
        ['role', 'boolean', 'mandatory'],
        ['first', 'uint', 'mandatory'],
        ['last', 'uint'],
        ['settled', 'boolean'],
        ['state', 'state'],
        ['batchable', 'boolean'],
      ],
    },
    detach: {
      code: 0x16,
      fields: [
        ['handle', 'uint', 'mandatory'],
        ['closed', 'boolean'],
        ['error', 'error'],
      ],
    },
    end: { code: 0x17, fields: [['error', 'error']] },
    close: { code: 0x18, fields: [['error', 'error']] },
    'sasl-mechanisms': { code: 0x40, fields: [['sasl-server-mechanisms', 'symbols', 'mandatory']] },
    'sasl-init': {
      code: 0x41,
      fields: [
        ['mechanism', 'symbol', 'mandatory'],
        ['initial-response', 'binary'],
        ['hostname', 'string'],
      ],
    },
    'sasl-challenge': { code: 0x42, fields: [['challenge', 'binary', 'mandatory']] },
    'sasl-response': { code: 0x43, fields: [['response', 'binary', 'mandatory']] },
    'sasl-outcome': {
      code: 0x44,
      fields: [
        ['code', 'ubyte', 'mandatory'],
        ['additional-data', 'binary'],
      ],
    },
  }

/** A value of the type, in hexadecimal. */
export const rightValue = (type: WireType): string => RIGHT[type]

/** Values that are none of the type. */
export const wrongValues = (type: WireType): readonly string[] => WRONG[type]

/** A described list as bytes: the fields in hexadecimal, in order. */
export function listBytes(code: number, fields: readonly string[]): Buffer {
  const items = Buffer.from(fields.join(''), 'hex')
  const head = Buffer.from([0x00, 0x53, code, 0xd0, 0, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(items.length + 4, 4)
  head.writeUInt32BE(fields.length, 8)
  return Buffer.concat([head, items])
}

/** All that is wrong with one field at a time: `what` names it. */
export function wrongFields(name: string): { readonly what: string; readonly field: string; readonly bytes: Buffer }[] {
  const { code, fields } = PERFORMATIVES[name] as { code: number; fields: readonly WireField[] }
  const right: string[] = fields.map(([, type, mandatory]) => (mandatory ? RIGHT[type] : '40'))
  return fields.flatMap(([field, type, mandatory], at) => {
    const made = (what: string, value: string) => ({
      what: `${name}.${field} that is ${what}`,
      field: `${name}.${field}`,
      bytes: listBytes(code, right.with(at, value)),
    })
    const wrong = WRONG[type].map((value) => made(`0x${value} and no ${type}`, value))
    if (!mandatory) return wrong
    const missing = { ...made('missing', '40'), bytes: listBytes(code, right.slice(0, at)) }
    return [...wrong, made('null', '40'), missing]
  })
}

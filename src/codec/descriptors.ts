// Descriptors of the types that the specification defines: the numeric form is what everyone sends, the symbolic form is as legal.

export const OPEN = 0x10
export const BEGIN = 0x11
export const ATTACH = 0x12
export const FLOW = 0x13
export const TRANSFER = 0x14
export const DISPOSITION = 0x15
export const DETACH = 0x16
export const END = 0x17
export const CLOSE = 0x18
export const ERROR = 0x1d
export const RECEIVED = 0x23
export const ACCEPTED = 0x24
export const REJECTED = 0x25
export const RELEASED = 0x26
export const MODIFIED = 0x27
export const SOURCE = 0x28
export const TARGET = 0x29
export const COORDINATOR = 0x30
export const SASL_MECHANISMS = 0x40
export const SASL_INIT = 0x41
export const SASL_CHALLENGE = 0x42
export const SASL_RESPONSE = 0x43
export const SASL_OUTCOME = 0x44
export const HEADER = 0x70
export const DELIVERY_ANNOTATIONS = 0x71
export const MESSAGE_ANNOTATIONS = 0x72
export const PROPERTIES = 0x73
export const APPLICATION_PROPERTIES = 0x74
export const DATA = 0x75
export const AMQP_SEQUENCE = 0x76
export const AMQP_VALUE = 0x77
export const FOOTER = 0x78

/** What `codeOfSymbol` and the decoder give for a descriptor that is not in this file. */
export const UNKNOWN_DESCRIPTOR = -1

const SYMBOLS: ReadonlyMap<string, number> = new Map([
  ['amqp:open:list', OPEN],
  ['amqp:begin:list', BEGIN],
  ['amqp:attach:list', ATTACH],
  ['amqp:flow:list', FLOW],
  ['amqp:transfer:list', TRANSFER],
  ['amqp:disposition:list', DISPOSITION],
  ['amqp:detach:list', DETACH],
  ['amqp:end:list', END],
  ['amqp:close:list', CLOSE],
  ['amqp:error:list', ERROR],
  ['amqp:received:list', RECEIVED],
  ['amqp:accepted:list', ACCEPTED],
  ['amqp:rejected:list', REJECTED],
  ['amqp:released:list', RELEASED],
  ['amqp:modified:list', MODIFIED],
  ['amqp:source:list', SOURCE],
  ['amqp:target:list', TARGET],
  ['amqp:coordinator:list', COORDINATOR],
  ['amqp:sasl-mechanisms:list', SASL_MECHANISMS],
  ['amqp:sasl-init:list', SASL_INIT],
  ['amqp:sasl-challenge:list', SASL_CHALLENGE],
  ['amqp:sasl-response:list', SASL_RESPONSE],
  ['amqp:sasl-outcome:list', SASL_OUTCOME],
  ['amqp:header:list', HEADER],
  ['amqp:delivery-annotations:map', DELIVERY_ANNOTATIONS],
  ['amqp:message-annotations:map', MESSAGE_ANNOTATIONS],
  ['amqp:properties:list', PROPERTIES],
  ['amqp:application-properties:map', APPLICATION_PROPERTIES],
  ['amqp:data:binary', DATA],
  ['amqp:amqp-sequence:list', AMQP_SEQUENCE],
  ['amqp:amqp-value:*', AMQP_VALUE],
  ['amqp:footer:map', FOOTER],
])

export function codeOfSymbol(symbol: string): number {
  return SYMBOLS.get(symbol) ?? UNKNOWN_DESCRIPTOR
}

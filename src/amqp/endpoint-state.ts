// The life of a connection, a session and a link as one pure table (AMQP 1.0 part 2: 2.4.6, 2.5.5 and 2.6.3 describe the
// same shape with the words open/close, begin/end and attach/detach). What the table does not hold is a protocol error.
//
//                    local open         remote open        local close        remote close
//   idle             open-sent          open-received      -                  -
//   open-sent        -                  open               close-pipelined    -
//   open-received    open               -                  -                  -
//   open             -                  -                  close-sent         close-received
//   close-pipelined  -                  close-sent         -                  -
//   close-received   -                  -                  closed             -
//   close-sent       -                  -                  -                  closed
//
// open-received + remote close: a peer may attach and detach without waiting for our answer (pipelining); the answer is then
// still owed, so the state is remembered as close-owed.

export type EndpointState =
  | 'idle'
  | 'open-sent'
  | 'open-received'
  | 'open'
  | 'close-pipelined'
  | 'close-owed'
  | 'close-sent'
  | 'close-received'
  | 'closed'

export type EndpointEvent = 'local-open' | 'remote-open' | 'local-close' | 'remote-close'

const TRANSITIONS: Readonly<Record<EndpointState, Partial<Record<EndpointEvent, EndpointState>>>> = {
  idle: { 'local-open': 'open-sent', 'remote-open': 'open-received' },
  'open-sent': { 'remote-open': 'open', 'local-close': 'close-pipelined' },
  'open-received': { 'local-open': 'open', 'remote-close': 'close-owed' },
  open: { 'local-close': 'close-sent', 'remote-close': 'close-received' },
  'close-pipelined': { 'remote-open': 'close-sent' },
  'close-owed': { 'local-open': 'close-received' },
  'close-sent': { 'remote-close': 'closed' },
  'close-received': { 'local-close': 'closed' },
  closed: {},
}

/** The state after the event; undefined: the event is not allowed now. */
export function nextEndpointState(state: EndpointState, event: EndpointEvent): EndpointState | undefined {
  return TRANSITIONS[state][event]
}

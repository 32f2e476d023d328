// The options of RPC. oslo's group [DEFAULT].

import { boolean, optionTable, resolveOptions, seconds } from '../support/options.ts'

export const RPC_OPTIONS = optionTable('DEFAULT', {
  rpcResponseTimeoutMs: seconds({
    name: 'rpc_response_timeout',
    default: 60,
    min: 1,
    help: 'Time within which the reply to a call must have come, where neither the client nor the call says otherwise.',
  }),
  rpcPingEnabled: boolean({
    name: 'rpc_ping_enabled',
    default: false,
    help: 'RPC servers answer the method `oslo_rpc_server_ping` with `pong`.',
  }),
})

export const RPC_DEFAULTS = resolveOptions(RPC_OPTIONS, [])

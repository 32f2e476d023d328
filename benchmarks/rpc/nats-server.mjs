import { natsServer } from '../harness/nats-server.mjs'

export const { relay, usage, stop } = natsServer()

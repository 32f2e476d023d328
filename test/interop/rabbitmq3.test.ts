// Notifications at least once over a broker: RabbitMQ 3 with its AMQP 1.0 plugin, and legacy addresses that are its queues.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { siege } from '../support/notify-siege.ts'
import { noRabbitMq, RabbitMq } from '../support/rabbitmq-server.ts'
import { Random } from '../support/random.ts'
import { SEED } from '../support/seed.ts'

const EVENTS = 50_000
const OPTIONS = {
  addressing_mode: 'legacy',
  group_request_prefix: '/queue/unicast',
  connection_retry_interval: 1,
  connection_retry_backoff: 0,
  link_retry_delay: 1,
}

describe('RabbitMQ 3', { skip: noRabbitMq }, () => {
  it(`${EVENTS} events while publisher, listener and connections are killed: each that was reported as stored arrives`, async (t) => {
    const rabbit = await RabbitMq.start()
    t.after(() => rabbit.stop())
    const { blows, duplicates, strange } = await siege(t, {
      ...{ events: EVENTS, between: 2_500, random: new Random(SEED), port: rabbit.port, options: OPTIONS },
    })
    assert.deepEqual(strange, [])
    t.diagnostic(`${JSON.stringify(blows)}; ${duplicates} duplicates, each known by its message_id`)
  })
})

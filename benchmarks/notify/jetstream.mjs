// NATS JetStream with the client of NATS: a stream in memory from which goes what is acknowledged, as from a queue, and a consumer that
// acknowledges each; at most 500 are fetched ahead, as with the others.

import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { received } from '../harness/received.mjs'
import { notification, numberOf } from '../harness/work.mjs'

const STREAM = 'bench'
const CONSUMER = 'one'
const SUBJECT = 'events'
const AHEAD = 500

const open = (port) => connect({ servers: `127.0.0.1:${port}` })

export async function consume(port) {
  const connection = await open(port)
  const admin = await jetstreamManager(connection)
  await admin.streams.add({
    ...{ name: STREAM, subjects: [SUBJECT] },
    ...{ storage: StorageType.Memory, retention: RetentionPolicy.Workqueue },
  })
  await admin.consumers.add(STREAM, { durable_name: CONSUMER, ack_policy: AckPolicy.Explicit })
  const consumer = await jetstream(connection).consumers.get(STREAM, CONSUMER)
  await consumer.consume({
    max_messages: AHEAD,
    callback(message) {
      received(numberOf(message.string()))
      message.ack()
    },
  })
}

export async function publisher(port) {
  const stream = jetstream(await open(port))
  return { publish: (text, number) => stream.publish(SUBJECT, notification(text, number)) }
}

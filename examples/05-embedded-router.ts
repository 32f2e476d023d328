// A bus in the program: for a test, a laptop, a small site. Others on this machine may use it too.

import { connect } from 'oslo-messaging/amqp'
import { startRouter } from 'oslo-messaging/router'

await using router = await startRouter()
console.log(`listening on ${router.url}`)

// Anything that speaks AMQP 1.0 can use it. Here: the protocol layer of this package, without RPC.
await using consumer = await connect({ host: router.host, port: router.port })
await using producer = await connect({ host: router.host, port: router.port })

const receiver = await (await consumer.openSession()).attachReceiver({ address: 'readings', creditWindow: 10 })
const sender = await (await producer.openSession()).attachSender({ address: 'readings' })

const sent = sender.send({ properties: { subject: 'temperature' }, body: { type: 'value', value: 21.5 } })
for await (const delivery of receiver) {
  const { properties, body } = delivery.message
  console.log(`${properties?.subject}: ${body?.type === 'value' ? body.value : '?'}`)
  delivery.accept()
  break
}
console.log(`the sender was told: ${(await sent).type}`)

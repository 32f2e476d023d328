import { connect } from '../../src/amqp/index.ts'
import { AmqpDriver } from '../../src/amqp1/driver.ts'
import { resolveAmqpOptions } from '../../src/amqp1/options.ts'
import { parseTransportUrl } from '../../src/messaging/transport-url.ts'
import { startRouter } from '../../src/router/index.ts'
import { type ConformanceBus, driverConformance } from './driver-suite.ts'

/** Both address syntaxes have to keep the promises. */
for (const addressingMode of ['legacy', 'routable'] as const) {
  driverConformance(`amqp, ${addressingMode} addresses`, async (): Promise<ConformanceBus> => {
    const router = await startRouter()
    const url = `amqp://127.0.0.1:${router.port}`
    const context = { controlExchange: 'openstack', options: {}, allowedRemoteErrors: new Map() }
    // Released messages are sent again soon enough for a test.
    const options = { ...resolveAmqpOptions([]), addressingMode, linkRetryDelayMs: 50 }
    return {
      url: () => url,
      storesNotifications: true,
      createDriver: () => new AmqpDriver(parseTransportUrl(url), context, options),
      async sendMalformed({ topic, server }, body) {
        const connection = await connect({ port: router.port })
        const session = await connection.openSession()
        const address =
          addressingMode === 'legacy'
            ? `exclusive.openstack.${topic}.${server}`
            : `openstack.org/om/rpc/unicast/openstack/${topic}/${server}`
        const sender = await session.attachSender({ address })
        await sender.send({ properties: { to: address }, body: { type: 'value', value: body } })
        await connection.close()
      },
      async close() {
        await router.close()
      },
    }
  })
}

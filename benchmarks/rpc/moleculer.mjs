// Moleculer with its defaults, over whichever transporter.

import moleculer from 'moleculer'

const SERVICE = {
  name: 'bench',
  actions: {
    echo: ({ params }) => params.text,
  },
}

const start = async (nodeID, transporter, service) => {
  const broker = new moleculer.ServiceBroker({ nodeID, transporter, logger: false })
  if (service) broker.createService(service)
  await broker.start()
  return broker
}

export async function serveOver(transporter) {
  await start('server', transporter, SERVICE)
}

export async function clientOver(transporter) {
  const broker = await start('client', transporter)
  await broker.waitForServices(SERVICE.name, 10_000)
  return { rpc: (text) => broker.call('bench.echo', { text }) }
}

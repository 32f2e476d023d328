// What `npm start` shows: a bus, two servers, a client and a listener in one process, and what goes between them.

import { styleText } from 'node:util'
import { createTransport, listenForNotifications, Notifier, RemoteError, RpcClient, serveRpc } from 'oslo-messaging'
import { startRouter } from 'oslo-messaging/router'

const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
const paint = (style: 'bold' | 'cyan' | 'dim', text: string): string => (colour ? styleText(style, text) : text)
const title = (text: string): void => console.log(`\n${paint('bold', text)}`)
const show = (code: string, result: string): void => console.log(`  ${paint('cyan', code)}\n    ${result}`)

// A message router inside this process. A broker, a cluster or qdrouterd would do as well: only the URL changes.
await using router = await startRouter()
console.log(`a bus: the embedded AMQP 1.0 router on ${router.url}`)
await using transport = createTransport(router.url)

// Two servers of one topic.
const heard: string[] = []
let everybodyHeard = (): void => {}
const compute = (name: string) => ({
  reboot: (_context: object, { id }: { id?: unknown }) => `${name} has rebooted instance ${id}`,
  refresh: () => {
    heard.push(name)
    if (heard.length === 2) everybodyHeard()
  },
  migrate: (_context: object, { to }: { to?: unknown }) => {
    throw new RangeError(`there is no host "${to}"`)
  },
})
await using node1 = await serveRpc(transport, { topic: 'compute', server: 'node-1' }, [compute('node-1')])
await using node2 = await serveRpc(transport, { topic: 'compute', server: 'node-2' }, [compute('node-2')])
console.log(`two servers of the topic "compute": ${node1.target.server} and ${node2.target.server}`)

const client = new RpcClient(transport, { topic: 'compute' })
const context = { user_id: 'ada', request_id: 'req-1' }

title('Calls')
show("client.call(context, 'reboot', { id: 7 })", `-> ${await client.call(context, 'reboot', { id: 7 })}`)
const toNode2 = client.prepare({ server: 'node-2' })
show("client.prepare({ server: 'node-2' }).call(…)", `-> ${await toNode2.call(context, 'reboot', { id: 8 })}`)

title('A fan-out cast: every server, no reply')
const all = new Promise<void>((resolve) => {
  everybodyHeard = resolve
})
await client.prepare({ fanout: true }).cast(context, 'refresh', {})
await all
show("client.prepare({ fanout: true }).cast(context, 'refresh')", `heard by ${heard.sort().join(' and ')}`)

title('A remote error, as the caller sees it')
try {
  await client.call(context, 'migrate', { id: 7, to: 'nowhere' })
} catch (error) {
  if (!(error instanceof RemoteError)) throw error
  show(
    "client.call(context, 'migrate', { to: 'nowhere' })",
    `throws ${error.name} (${error.code}): ${error.excType}: ${error.value}`,
  )
}

title('A notification: published, stored, received, acknowledged')
const notifier = new Notifier(transport, { publisherId: 'compute.node-1' })
await notifier.info(context, 'compute.instance.rebooted', { id: 7 })
show("notifier.info(context, 'compute.instance.rebooted', { id: 7 })", 'stored by the router: nobody listens yet')
let onEvent = (_text: string): void => {}
const received = new Promise<string>((resolve) => {
  onEvent = resolve
})
await using listener = await listenForNotifications(transport, { topic: 'notifications' }, [
  {
    info: (_context, { eventType, publisherId, payload }) =>
      onEvent(`${eventType} from ${publisherId}: ${JSON.stringify(payload)}`),
  },
])
show("listenForNotifications(transport, { topic: 'notifications' }, …)", `received ${await received}`)
const { done } = await listener.stop()
console.log(`    acknowledged by the listener, so the router keeps it no longer (${done} handled)`)

console.log(`\n${paint('dim', 'Everything drains and closes now.')}`)

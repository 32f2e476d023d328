// Notifications: who publishes knows that it is stored, also when nobody listens yet; who listens can give it back.

import { createTransport, listenForNotifications, NotificationFilter, Notifier, REQUEUE } from 'oslo-messaging'
import { startRouter } from 'oslo-messaging/router'

await using router = await startRouter()
await using transport = createTransport(router.url)

const notifier = new Notifier(transport, { publisherId: 'compute.node-1' })
// Of the context only what identifies is published: never a token.
await notifier.info({ user_id: 'ada', auth_token: 'secret' }, 'compute.instance.created', { id: 7 })
await notifier.error({}, 'compute.disk.full', { free: 0 })
console.log('both are stored')

let busy = true
let handled = 0
let bothHandled = (): void => {}
const both = new Promise<void>((resolve) => {
  bothHandled = resolve
})
const count = (): void => {
  handled += 1
  if (handled === 2) bothHandled()
}

await using listener = await listenForNotifications(
  transport,
  { topic: 'notifications' },
  [
    {
      filter: new NotificationFilter({ eventType: 'compute\\.' }),
      info(context, event) {
        console.log(`${event.eventType} of ${event.publisherId} for ${context.user_id}:`, event.payload)
        count()
      },
      error(_context, event) {
        if (busy) {
          busy = false
          console.log(`${event.eventType}: not now`)
          return REQUEUE
        }
        console.log(`${event.eventType}: now`)
        count()
        return undefined
      },
    },
  ],
  { requeueDelayMs: 0 },
)

await both
await listener.stop()
console.log('both were dealt with')

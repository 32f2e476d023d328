// Notifications: who publishes knows that somebody has dealt with it; who listens can give it back.

import { createTransport, listenForNotifications, NotificationFilter, Notifier, REQUEUE } from 'oslo-messaging'
import { startRouter } from 'oslo-messaging/router'

await using router = await startRouter()
// A released notification comes back to the publisher behind a router; it is sent again after a second instead of oslo's ten.
await using transport = createTransport(router.url, { options: { link_retry_delay: 1 } })

let busy = true
await using listener = await listenForNotifications(
  transport,
  { topic: 'notifications' },
  [
    {
      filter: new NotificationFilter({ eventType: 'compute\\.' }),
      info(context, event) {
        console.log(`${event.eventType} of ${event.publisherId} for ${context.user_id}:`, event.payload)
      },
      error(_context, event) {
        if (busy) {
          busy = false
          console.log(`${event.eventType}: not now`)
          return REQUEUE
        }
        console.log(`${event.eventType}: now`)
        return undefined
      },
    },
  ],
  { requeueDelayMs: 0 },
)

const notifier = new Notifier(transport, { publisherId: 'compute.node-1' })
// Of the context only what identifies is published: never a token.
await notifier.info({ user_id: 'ada', auth_token: 'secret' }, 'compute.instance.created', { id: 7 })
await notifier.error({}, 'compute.disk.full', { free: 0 })
console.log('both were dealt with')
await listener.stop()

// How RabbitMQ is told a virtual host: by the hostname of the Open frame with a word in front; any other one means its default `/`
// (the plugin's README, "Virtual Hosts"; measured with 3.10, 4.0 and 4.3).

import type { BeforeOpen } from './profile.ts'

export const RABBITMQ_VIRTUAL_HOST: BeforeOpen = Object.freeze({
  hostname: (virtualHost: string) => (virtualHost.startsWith('vhost:') ? virtualHost : `vhost:${virtualHost}`),
})

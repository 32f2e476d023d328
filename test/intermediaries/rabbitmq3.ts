// RabbitMQ 3 with its AMQP 1.0 plugin, as Debian packages it.

import { spawnSync } from 'node:child_process'
import { noRabbitMq } from '../support/rabbitmq-edition.ts'
import { RabbitMq } from '../support/rabbitmq-server.ts'
import { type Intermediary, type KnownIntermediary, NotHad } from './intermediary.ts'

export const VIRTUAL_HOSTS = ['blue', 'green'] as const

export const RABBITMQ_3: KnownIntermediary = {
  title: 'RabbitMQ 3',
  async start() {
    if (noRabbitMq) throw new NotHad(noRabbitMq)
    const version = packaged()
    const rabbit = await RabbitMq.start({ virtualHosts: VIRTUAL_HOSTS, tls: true })
    return asIntermediary(`RabbitMQ ${version}`, rabbit)
  },
}

/** `rabbit`: with TLS and those virtual hosts. */
export const asIntermediary = (heading: string, rabbit: RabbitMq): Intermediary => ({
  heading,
  url: `amqp://127.0.0.1:${rabbit.port}`,
  secured: rabbit.tls && {
    url: `amqps://guest:guest@localhost:${rabbit.tls.port}`,
    certificate: rabbit.tls.certificate,
  },
  virtualHosts: [`vhost:${VIRTUAL_HOSTS[0]}`, `vhost:${VIRTUAL_HOSTS[1]}`],
  restart: () => rabbit.restart(),
  stop: () => rabbit.stop(),
})

/** The version of the package: the server tells its own only where it runs, and to those that may ask. */
function packaged(): string {
  const { stdout } = spawnSync('dpkg-query', ['--status', 'rabbitmq-server'], { encoding: 'utf8' })
  const version = /^Version: (\d+\.\d+\.\d+)/m.exec(stdout ?? '')?.[1]
  if (version === undefined) throw new NotHad('the version of rabbitmq-server cannot be told: dpkg-query has none')
  if (!version.startsWith('3.')) throw new NotHad(`the package rabbitmq-server here is ${version}`)
  return version
}

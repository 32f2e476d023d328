// RabbitMQ 4, which speaks AMQP 1.0 by itself: 4.0 as Debian trixie packages it, and a later one from forky.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RABBITMQ_SERVER, type RabbitMqEdition } from '../support/rabbitmq-edition.ts'
import { RabbitMq } from '../support/rabbitmq-server.ts'
import { debianRoot, runInRoot, WRITABLE } from './debian-root.ts'
import { type KnownIntermediary, NotHad } from './intermediary.ts'
import { asIntermediary, VIRTUAL_HOSTS } from './rabbitmq3.ts'

export const RABBITMQ_4: KnownIntermediary = of('RabbitMQ 4.0', 'trixie')
export const RABBITMQ_4_3: KnownIntermediary = of('RabbitMQ 4.3', 'forky')

/** `title`: the version that the suite of Debian is here for. */
function of(title: string, suite: string): KnownIntermediary {
  return {
    title,
    async start() {
      const root = await debianRoot({ suite, package: 'rabbitmq-server' })
      const heading = `RabbitMQ ${await versionIn(root)}`
      if (!heading.startsWith(title)) throw new NotHad(`Debian ${suite} has ${heading} here`)
      const rabbit = await RabbitMq.start({ virtualHosts: VIRTUAL_HOSTS, tls: true }, editionIn(root))
      return asIntermediary(heading, rabbit)
    },
  }
}

async function versionIn(root: string): Promise<string> {
  const names = await readdir(join(root, 'usr/lib/rabbitmq/lib'))
  return names.map((name) => /^rabbitmq_server-(\S+)$/.exec(name)?.[1]).find(Boolean) ?? 'of no version'
}

const editionIn = (root: string): RabbitMqEdition => ({
  seen: () => WRITABLE,
  run: (folder, env) => runInRoot(root, folder, [RABBITMQ_SERVER], env),
  configuration: ({ amqp }) => ({ settings: [`listeners.tcp.default = 127.0.0.1:${amqp}`] }),
})

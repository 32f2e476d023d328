// NestJS's microservices with their defaults, over whichever transport. Its decorators are called by hand.

import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientProxyFactory, MessagePattern } from '@nestjs/microservices'
import { firstValueFrom } from 'rxjs'

class Bench {
  echo({ text }) {
    return text
  }
}
MessagePattern('echo')(Bench.prototype, 'echo', Object.getOwnPropertyDescriptor(Bench.prototype, 'echo'))
Controller()(Bench)

class BenchModule {}
Module({ controllers: [Bench] })(BenchModule)

export async function serveOver(transport) {
  const server = await NestFactory.createMicroservice(BenchModule, { ...transport, logger: false })
  await server.listen()
}

export async function clientOver(transport) {
  const client = ClientProxyFactory.create(transport)
  await client.connect()
  return { rpc: (text) => firstValueFrom(client.send('echo', { text })) }
}

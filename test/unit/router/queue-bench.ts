// A queue with everything around it, without a network. Peers see the texts of messages, and their headers where it matters.

import {
  EncodedMessage,
  type Header,
  type Message,
  type SendHandler,
  type SubmitOptions,
} from '../../../src/amqp/index.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { encodeMessage } from '../../../src/codec/sections.ts'
import type { Address } from '../../../src/router/address.ts'
import { AddressCount } from '../../../src/router/address-count.ts'
import type { AddressRule } from '../../../src/router/address-rule.ts'
import { AddressTable } from '../../../src/router/address-table.ts'
import { Consumer, type ConsumerManners } from '../../../src/router/consumer.ts'
import { DistributionRules } from '../../../src/router/distribution-rules.ts'
import type { MessageStore } from '../../../src/router/message-store.ts'
import { Producer } from '../../../src/router/producer.ts'
import { type QueuesOptions, resolveQueuesOptions } from '../../../src/router/queue-options.ts'
import { Storage } from '../../../src/router/storage.ts'
import { Traffic } from '../../../src/router/traffic.ts'
import { FakeDelivery, FakeIncoming, FakeOutgoing } from './fake-links.ts'

export function bytesOf(message: Message): Buffer {
  const encoder = new Encoder(256)
  encodeMessage(encoder, message)
  return Buffer.from(encoder.take())
}

export const textMessage = (text: string, header?: Header): Message => ({
  header,
  body: { type: 'value', value: text },
})

function textOf(message: EncodedMessage): string {
  const { body } = message
  return body?.type === 'value' ? String(body.value) : `(${body?.type})`
}

/** Notes the text of each message, and keeps the messages. */
export class QueueOutgoing extends FakeOutgoing {
  readonly messages: EncodedMessage[] = []

  override submit(payload: Uint8Array, options: SubmitOptions, handler: SendHandler): void {
    const message = new EncodedMessage(Buffer.from(payload))
    super.submit(Buffer.from(textOf(message)), options, handler)
    this.messages.push(message)
  }

  header(text: string): Header | undefined {
    return this.messages.findLast((message) => textOf(message) === text)?.header
  }
}

export interface QueueBenchOptions {
  readonly queues?: QueuesOptions
  readonly store?: MessageStore
  readonly rules?: readonly AddressRule[]
  readonly maxAddresses?: number
}

export class QueueBench {
  readonly traffic = new Traffic()
  readonly storage: Storage
  readonly table: AddressTable

  constructor({ queues, store, rules = [], maxAddresses }: QueueBenchOptions = {}) {
    const options = resolveQueuesOptions(queues)
    this.storage = new Storage(options, store, this.traffic)
    const all = new DistributionRules([{ prefix: 'q', distribution: 'queue' }, ...rules])
    this.table = new AddressTable(all, 'r', new AddressCount(maxAddresses), '', this.storage)
  }

  address(name = 'q'): Address {
    return this.table.obtain(name) as Address
  }

  consumer(
    credit: number,
    manners?: ConsumerManners,
    name?: string,
  ): QueueOutgoing & { consumer: Consumer; leave(): void } {
    const address = this.address(name)
    const link = new QueueOutgoing()
    const consumer = new Consumer(address, manners)
    link.onCredit = () => address.forwarder.consumerReady(consumer)
    consumer.attached(link)
    address.addConsumer(consumer)
    link.grant(credit)
    const leave = (): void => {
      address.removeConsumer(consumer)
      link.fail()
      this.table.releaseUnused(address)
    }
    return Object.assign(link, { consumer, leave })
  }

  producer(name?: string): QueueProducer {
    const address = this.address(name)
    const link = new FakeIncoming()
    const producer = new Producer(this.traffic, address)
    producer.attached(link)
    address.addProducer(producer)
    const send = (what: string | Buffer | Message, settled = false): FakeDelivery => {
      if (link.credit > 0) link.credit -= 1
      else if (link.withdrawn > 0) link.withdrawn -= 1
      else throw new Error('sent without credit')
      const delivery = new FakeDelivery(
        Buffer.isBuffer(what) ? what : bytesOf(typeof what === 'string' ? textMessage(what) : what),
        settled,
      )
      address.forwarder.forward(producer, delivery)
      return delivery
    }
    const leave = (): void => {
      address.removeProducer(producer)
      this.table.releaseUnused(address)
    }
    return Object.assign(link, { producer, send, leave })
  }
}

export type QueueProducer = FakeIncoming & {
  producer: Producer
  send(what: string | Buffer | Message, settled?: boolean): FakeDelivery
  leave(): void
}

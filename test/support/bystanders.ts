import assert from 'node:assert/strict'
import type { Connection } from '../../src/amqp/connection.ts'
import type { Delivery } from '../../src/amqp/delivery.ts'
import type { Sender } from '../../src/amqp/sender.ts'
import { bodyOf } from './amqp-fixtures.ts'
import { BYSTANDERS } from './fuzz-hub.ts'

/** Two well-behaved clients of a listener, who go on exchanging messages whatever happens to others there. */
export class Bystanders {
  readonly #sender: Sender
  #received = 0
  #last = ''
  #exchanged = 0
  #stopped = false
  #running: Promise<void> | undefined

  private constructor(sender: Sender) {
    this.#sender = sender
  }

  static async start(left: Connection, right: Connection): Promise<Bystanders> {
    const onDelivery = (delivery: Delivery): void => {
      const { body } = delivery.message
      pair.#received += 1
      pair.#last = body?.type === 'value' ? String(body.value) : ''
      delivery.accept()
    }
    await (await right.openSession()).attachReceiver({ name: 'bystander', address: BYSTANDERS, onDelivery })
    const sender = await (await left.openSession()).attachSender({ name: 'bystander', address: BYSTANDERS })
    const pair = new Bystanders(sender)
    pair.#running = pair.#run()
    pair.#running.catch(() => {}) // stop() tells it
    return pair
  }

  /** Messages that arrived and were accepted. */
  get exchanged(): number {
    return this.#exchanged
  }

  /** Rejects when anything went wrong since the start. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    assert.equal(this.#received, this.#exchanged)
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const text = `message ${this.#exchanged}`
      const { type } = await this.#sender.send(bodyOf(text))
      assert.deepEqual([type, this.#last], ['accepted', text])
      this.#exchanged += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

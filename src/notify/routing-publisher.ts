// Chooses publishers for each notification by rules. oslo_messaging/notify/_impl_routing.py: RoutingDriver (which does not work there).

import type { SendOptions } from '../messaging/driver.ts'
import type { JsonObject } from '../messaging/json.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import type { Priority } from './notification.ts'
import { type Publisher, publishByAll } from './publisher.ts'
import { Routes, type RoutingConfig } from './routing-config.ts'

/** A notification that no rule chooses a publisher for is not published, as in oslo. */
export class RoutingPublisher implements Publisher {
  readonly #routes: Routes
  readonly #publishers: ReadonlyMap<string, Publisher>

  /** `publisherOf`: makes the publisher of a name. Throws InvalidArgumentError for what is no configuration, and for a name that it refuses. */
  constructor(config: RoutingConfig, publisherOf: (name: string) => Publisher) {
    this.#routes = new Routes(config)
    this.#publishers = new Map([...this.#routes.publishers].map((name) => [name, publisherOf(name)]))
  }

  async publish(
    context: SerializedContext,
    message: JsonObject,
    priority: Priority,
    options: SendOptions,
  ): Promise<void> {
    const names = [...this.#routes.publishersOf(String(message.event_type), priority)]
    const chosen = names.map((name) => this.#publishers.get(name) as Publisher)
    await publishByAll(chosen, context, message, priority, options)
  }
}

/**
 * Turns an application's own values into plain data and back, on both sides of a call or notification.
 * oslo_messaging/serializer.py: Serializer.
 *
 * What it must produce: anything that encodeJson can write. A context is always an object; whoever implements it names the type of
 * its own: `serializeContext(context: MyContext)`.
 */
export interface Serializer {
  serializeEntity(context: object, entity: unknown): unknown
  deserializeEntity(context: object, entity: unknown): unknown
  serializeContext(context: object): object
  deserializeContext(context: object): object
}

/** The context of a request: who asks, on whose behalf. It travels beside the message. */
export type SerializedContext = Readonly<Record<string, unknown>>

/** Everything as it is. */
export class NoOpSerializer implements Serializer {
  serializeEntity(_context: object, entity: unknown): unknown {
    return entity
  }

  deserializeEntity(_context: object, entity: unknown): unknown {
    return entity
  }

  serializeContext(context: object): object {
    return context
  }

  deserializeContext(context: object): object {
    return context
  }
}

/**
 * Turns an application's own values into plain data and back, on both sides of a call or notification.
 * oslo_messaging/serializer.py: Serializer.
 *
 * What it must produce: anything that encodeJson can write. A context is always an object.
 */
export interface Serializer {
  serializeEntity(context: SerializedContext, entity: unknown): unknown
  deserializeEntity(context: SerializedContext, entity: unknown): unknown
  serializeContext(context: SerializedContext): SerializedContext
  deserializeContext(context: SerializedContext): SerializedContext
}

/** The context of a request: who asks, on whose behalf. It travels beside the message. */
export type SerializedContext = Readonly<Record<string, unknown>>

/** Everything as it is. */
export class NoOpSerializer implements Serializer {
  serializeEntity(_context: SerializedContext, entity: unknown): unknown {
    return entity
  }

  deserializeEntity(_context: SerializedContext, entity: unknown): unknown {
    return entity
  }

  serializeContext(context: SerializedContext): SerializedContext {
    return context
  }

  deserializeContext(context: SerializedContext): SerializedContext {
    return context
  }
}

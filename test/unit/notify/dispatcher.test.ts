import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingNotification } from '../../../src/messaging/driver.ts'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { NoOpSerializer, type Serializer } from '../../../src/messaging/serializer.ts'
import { type DispatchResult, NotificationDispatcher } from '../../../src/notify/dispatcher.ts'
import {
  bindNotificationEndpoints,
  HANDLED,
  type NotificationEndpoint,
  REQUEUE,
  wantedPriorities,
} from '../../../src/notify/endpoint.ts'
import { NotificationFilter } from '../../../src/notify/filter.ts'

const MESSAGE = {
  message_id: 'm-1',
  publisher_id: 'p',
  event_type: 'e',
  priority: 'INFO',
  payload: { a: 1 },
  timestamp: 't',
}

function dispatch(
  endpoints: readonly NotificationEndpoint[],
  message: Record<string, unknown> = MESSAGE,
  serializer?: Serializer,
): Promise<DispatchResult> {
  const incoming = { message, context: { user: 'u' }, priority: 'info' } as unknown as IncomingNotification
  return new NotificationDispatcher(bindNotificationEndpoints(endpoints), serializer).dispatch(incoming)
}

describe('the notification dispatcher', () => {
  it('gives the method of the priority context and event', async () => {
    const seen: unknown[] = []
    const endpoint = {
      info(this: unknown, ...given: unknown[]) {
        seen.push(this, ...given)
      },
      error: () => assert.fail('another priority'),
    }
    assert.deepEqual(await dispatch([endpoint]), { result: HANDLED })
    const event = {
      priority: 'info',
      publisherId: 'p',
      eventType: 'e',
      payload: { a: 1 },
      messageId: 'm-1',
      timestamp: 't',
    }
    assert.deepEqual(seen, [endpoint, { user: 'u' }, event])
  })

  it('calls every endpoint that wants it, in order', async () => {
    const called: number[] = []
    await dispatch([
      { info: () => void called.push(1) },
      { error: () => void called.push(2) },
      { info: async () => void called.push(3) },
    ])
    assert.deepEqual(called, [1, 3])
  })

  it('stops at the first endpoint that requeues or throws', async () => {
    const never = { info: () => assert.fail('must not be called') }
    assert.deepEqual(await dispatch([{ info: () => REQUEUE }, never]), { result: REQUEUE })
    const error = new Error('no')
    assert.deepEqual(
      await dispatch([
        {
          async info() {
            throw error
          },
        },
        never,
      ]),
      { result: REQUEUE, error },
    )
  })

  it('has handled a notification of a priority that nobody wants', async () => {
    assert.deepEqual(await dispatch([{ info: () => REQUEUE }], { ...MESSAGE, priority: 'nosuch' }), {
      result: HANDLED,
      unknownPriority: 'nosuch',
    })
  })

  it('takes the priority of the address when the message has none', async () => {
    assert.deepEqual(await dispatch([{ info: () => REQUEUE }], {}), { result: REQUEUE })
  })

  it('asks the filter of an endpoint', async () => {
    const filter = new NotificationFilter({ eventType: 'other' })
    assert.deepEqual(await dispatch([{ filter, info: () => REQUEUE }]), { result: HANDLED })
  })

  it('applies the serializer to context and payload', async () => {
    class Tagging extends NoOpSerializer {
      override deserializeContext(context: Record<string, unknown>): Record<string, unknown> {
        return { ...context, own: true }
      }
      override deserializeEntity(context: Record<string, unknown>, entity: unknown): unknown {
        return [entity, context.own]
      }
    }
    const seen: unknown[] = []
    await dispatch(
      [{ info: (context, { payload }) => void Object.assign(seen, [context, payload]) }],
      MESSAGE,
      new Tagging(),
    )
    assert.deepEqual(seen, [{ user: 'u', own: true }, [{ a: 1 }, true]])
  })

  it('requeues when the serializer fails', async () => {
    const serializer = {
      deserializeContext(): never {
        throw new Error('unreadable')
      },
    } as unknown as Serializer
    assert.equal((await dispatch([{ info: () => {} }], MESSAGE, serializer)).result, REQUEUE)
  })
})

describe('notification endpoints', () => {
  it('want the priorities that some of them has a method for', () => {
    class Endpoint {
      error(): void {}
      toString(): string {
        return ''
      }
    }
    assert.deepEqual(wantedPriorities(bindNotificationEndpoints([{ sample() {} }, new Endpoint()])), [
      'error',
      'sample',
    ])
  })

  it('must be objects with a method for at least one priority', () => {
    for (const endpoints of [[], [{}], [null], [{ warning() {} }], {}]) {
      assert.throws(() => bindNotificationEndpoints(endpoints as never), InvalidArgumentError)
    }
  })

  it('must have a real filter, if any', () => {
    assert.throws(
      () => bindNotificationEndpoints([{ filter: { eventType: 'x' } as never, info() {} }]),
      InvalidArgumentError,
    )
  })
})

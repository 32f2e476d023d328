import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message, Sender } from '../../../src/amqp/index.ts'
import { namedProfile } from '../../../src/amqp1/profiles.ts'
import { type SendRequest, SendTask } from '../../../src/amqp1/send-task.ts'

/** What such a task hands to its link, with a peer of that kind. */
function handedOver(kind: SendRequest['kind'], text: string | undefined, profile: string): Message {
  const messages: Message[] = []
  const sender = { submit: (message: Message) => messages.push(message) } as unknown as Sender
  const request: SendRequest = { kind, subject: undefined, text, settled: true, timeoutMs: 60_000, retry: 0 }
  const task = new SendTask(
    request,
    () => {},
    () => {},
  )
  task.transmit(sender, 'address', { ...namedProfile(profile), product: undefined, version: undefined })
  task.onSent()
  return messages[0] as Message
}

test('a heartbeat has no body, but for a peer that wants one: that gets an empty one', () => {
  for (const profile of ['plain', 'qpid-dispatch-router', 'router', 'rabbitmq3'])
    assert.equal(handedOver('heartbeat', undefined, profile).body, undefined, profile)
  for (const profile of ['rabbitmq4.0', 'rabbitmq4.1', 'rabbitmq4'])
    assert.deepEqual(handedOver('heartbeat', undefined, profile).body, { type: 'value', value: null }, profile)
})

test('notifications are durable for a peer that forgets them otherwise, and nothing else is', () => {
  for (const profile of ['rabbitmq3', 'rabbitmq4.0', 'rabbitmq4.1', 'rabbitmq4']) {
    assert.deepEqual(handedOver('notification', '{}', profile).header, { durable: true }, profile)
    for (const kind of ['call', 'cast', 'reply', 'heartbeat'] as const)
      assert.deepEqual(handedOver(kind, '{}', profile).header, {}, `${profile}: ${kind}`)
  }
  for (const profile of ['plain', 'qpid-cpp', 'qpid-dispatch-router', 'router'])
    assert.deepEqual(handedOver('notification', '{}', profile).header, {}, profile)
})

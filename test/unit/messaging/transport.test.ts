import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Driver } from '../../../src/messaging/driver.ts'
import { InvalidTargetError } from '../../../src/messaging/errors.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'

const ENVELOPE = { message: { method: 'm' }, context: {} }

/** A transport whose driver notes what it is given. */
function recording(): { readonly transport: Transport; readonly given: unknown[][] } {
  const given: unknown[][] = []
  const note =
    (name: string) =>
    async (...args: unknown[]): Promise<unknown> => {
      given.push([name, ...args])
      return { stop: async () => {} }
    }
  const names = ['call', 'cast', 'notify', 'listen', 'listenForNotifications', 'close']
  const driver = Object.fromEntries(names.map((name) => [name, note(name)])) as unknown as Driver
  return { transport: new Transport(parseTransportUrl('memory://'), driver), given }
}

describe('a transport', () => {
  it('hands target, message and options to its driver as they are', async () => {
    const { transport, given } = recording()
    const target = { topic: 't', server: 's' }
    const handler = (): void => {}
    const sources = [{ target: { topic: 't' }, priority: 'info' }]
    const options = { timeoutMs: 5, retry: 2, signal: new AbortController().signal }
    await transport.call(target, ENVELOPE, options)
    await transport.cast(target, ENVELOPE, options)
    await transport.notify(target, ENVELOPE, { ...options, format: 2 })
    await transport.listen(target, handler, { readyTimeoutMs: 7 })
    await transport.listenForNotifications(sources, handler, { readyTimeoutMs: 8 })
    assert.deepEqual(given, [
      ['call', target, ENVELOPE, options],
      ['cast', target, ENVELOPE, options],
      ['notify', target, ENVELOPE, { ...options, format: 2 }],
      ['listen', target, handler, { readyTimeoutMs: 7 }],
      ['listenForNotifications', sources, handler, { readyTimeoutMs: 8 }],
    ])
  })

  it('leaves to its driver what is not said', async () => {
    const { transport, given } = recording()
    const target = { topic: 't', server: 's' }
    const handler = (): void => {}
    await transport.cast(target, ENVELOPE)
    await transport.listen(target, handler)
    await transport.listenForNotifications([], handler)
    assert.deepEqual(
      given.map((args) => args.at(-1)),
      [{}, {}, {}],
    )
  })

  it('neither sends nor listens to a name that no address can hold: half of a surrogate pair', async () => {
    const { transport, given } = recording()
    for (const name of ['topic', 'server', 'exchange'] as const) {
      const target = { topic: 't', server: 's', [name]: 'a\ud800' }
      const refused = {
        code: 'INVALID_TARGET',
        message: new RegExp(`^The ${name} of a target must be a text without halves`),
      }
      await assert.rejects(transport.call(target, ENVELOPE, { timeoutMs: 1 }), refused)
      await assert.rejects(transport.cast(target, ENVELOPE), refused)
      await assert.rejects(transport.notify(target, ENVELOPE, { format: 2 }), refused)
      await assert.rejects(
        transport.listen(target, () => {}),
        refused,
      )
      await assert.rejects(
        transport.listenForNotifications([{ target, priority: 'info' }], () => {}),
        refused,
      )
    }
    assert.deepEqual(given, [])
  })

  it('sends nothing without a topic, and says which target it was', async () => {
    const { transport, given } = recording()
    const isOfTarget = (message: string) => (error: unknown) =>
      error instanceof InvalidTargetError && error.message === message && error.target.server === 's'
    const target = { server: 's' }
    const refused = 'A topic is required to send:<Target server=s>'
    await assert.rejects(transport.call(target, ENVELOPE, { timeoutMs: 5 }), isOfTarget(refused))
    await assert.rejects(transport.cast(target, ENVELOPE), isOfTarget(refused))
    await assert.rejects(transport.notify(target, ENVELOPE, { format: 1 }), isOfTarget(refused))
    await assert.rejects(
      transport.listen(target, () => {}),
      isOfTarget("A server's target must have topic and server names specified:<Target server=s>"),
    )
    await assert.rejects(
      transport.listenForNotifications([{ target, priority: 'info' }], () => {}),
      isOfTarget('A target must have topic specified:<Target server=s>'),
    )
    assert.deepEqual(given, [])
  })

  it('is one for RPC and for notifications', async () => {
    const { transport, given } = recording()
    await transport.cast({ topic: 't' }, ENVELOPE)
    await transport.notify({ topic: 't.info' }, ENVELOPE, { format: 2 })
    assert.deepEqual(
      given.map(([name]) => name),
      ['cast', 'notify'],
    )
  })

  it('closes its driver, also at the end of its block', async () => {
    const { transport, given } = recording()
    await transport.close()
    {
      await using other = transport
      assert.ok(other)
    }
    assert.deepEqual(given, [['close'], ['close']])
  })
})

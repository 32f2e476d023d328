import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Driver, Envelope } from '../../../src/messaging/driver.ts'
import { InvalidArgumentError, InvalidTargetError, InvalidVersionError } from '../../../src/messaging/errors.ts'
import { NoOpSerializer } from '../../../src/messaging/serializer.ts'
import type { Target } from '../../../src/messaging/target.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { type PrepareOptions, RpcClient } from '../../../src/rpc/client.ts'
import { RpcVersionCapError } from '../../../src/rpc/errors.ts'

interface Sent {
  readonly kind: 'call' | 'cast'
  readonly target: Target
  readonly envelope: Envelope
  readonly options: Record<string, unknown>
}

/** A transport whose driver notes what it is asked to send, and answers calls with `reply`. */
function recording(reply: unknown = 'reply'): { transport: Transport; sent: Sent[] } {
  const sent: Sent[] = []
  const driver = {
    features: { requeue: true },
    async call(target: Target, envelope: Envelope, options: object) {
      sent.push({ kind: 'call', target, envelope, options: { ...options } })
      return reply
    },
    async cast(target: Target, envelope: Envelope, options: object) {
      sent.push({ kind: 'cast', target, envelope, options: { ...options } })
    },
  } as unknown as Driver
  return { transport: new Transport(parseTransportUrl('memory://'), driver), sent }
}

const fields = (target: Target): Record<string, unknown> =>
  Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined))

describe('RpcClient', () => {
  it('sends context, method and arguments, and resolves with the reply', async () => {
    const { transport, sent } = recording(42)
    const client = new RpcClient(transport, { topic: 'compute' })
    assert.equal(await client.call({ user: 'u' }, 'reboot', { id: 7 }), 42)
    assert.deepEqual(sent[0]?.envelope, { message: { method: 'reboot', args: { id: 7 } }, context: { user: 'u' } })
    assert.equal(await client.cast({}, 'note'), undefined)
    assert.deepEqual(sent[1]?.envelope, { message: { method: 'note', args: {} }, context: {} })
  })

  describe('time-outs, retries and monitors', () => {
    for (const [name, ofClient, ofPrepare, ofCall, expected] of [
      ['the default', {}, {}, {}, [60_000, undefined, undefined]],
      ["the client's", { timeoutMs: 1, retry: 2, callMonitorTimeoutMs: 3 }, {}, {}, [1, 2, 3]],
      [
        "those of prepare before the client's",
        { timeoutMs: 1, retry: 2, callMonitorTimeoutMs: 3 },
        { timeoutMs: 4, retry: 5, callMonitorTimeoutMs: 6 },
        {},
        [4, 5, 6],
      ],
      [
        "the call's before all",
        { timeoutMs: 1, retry: 2, callMonitorTimeoutMs: 3 },
        { timeoutMs: 4 },
        { timeoutMs: 7, retry: 0, callMonitorTimeoutMs: 9 },
        [7, 0, 9],
      ],
      [
        'the default where prepare takes them away',
        { timeoutMs: 1, retry: 2, callMonitorTimeoutMs: 3 },
        { timeoutMs: null, retry: null, callMonitorTimeoutMs: null },
        {},
        [60_000, undefined, undefined],
      ],
    ] as const) {
      it(`are ${name}`, async () => {
        const { transport, sent } = recording()
        await new RpcClient(transport, { topic: 't' }, ofClient).prepare(ofPrepare).call({}, 'm', {}, ofCall)
        const { timeoutMs, retry, callMonitorTimeoutMs } = sent[0]?.options ?? {}
        assert.deepEqual([timeoutMs, retry, callMonitorTimeoutMs], expected)
      })
    }

    it("of a cast are the cast's: the client's time-out is for replies", async () => {
      const { transport, sent } = recording()
      const client = new RpcClient(transport, { topic: 't' }, { timeoutMs: 1, retry: 2 })
      await client.cast({}, 'm')
      await client.cast({}, 'm', {}, { timeoutMs: 5, retry: 6 })
      assert.deepEqual(
        sent.map(({ options }) => [options.timeoutMs, options.retry]),
        [
          [undefined, 2],
          [5, 6],
        ],
      )
    })

    it('must be positive', async () => {
      const { transport } = recording()
      assert.throws(() => new RpcClient(transport, { topic: 't' }, { timeoutMs: 0 }), InvalidArgumentError)
      const client = new RpcClient(transport, { topic: 't' })
      await assert.rejects(client.call({}, 'm', {}, { timeoutMs: Number.NaN }), InvalidArgumentError)
      await assert.rejects(client.call({}, 'm', {}, { callMonitorTimeoutMs: 0 }), InvalidArgumentError)
      await assert.rejects(client.cast({}, 'm', {}, { timeoutMs: Number.NaN }), InvalidArgumentError)
      assert.throws(() => client.prepare({ callMonitorTimeoutMs: Number.NaN }), InvalidArgumentError)
    })

    it('retries are whole numbers', async () => {
      const { transport } = recording()
      assert.throws(() => new RpcClient(transport, { topic: 't' }, { retry: 0.5 }), InvalidArgumentError)
      const client = new RpcClient(transport, { topic: 't' })
      await assert.rejects(client.cast({}, 'm', {}, { retry: Number.NaN }), InvalidArgumentError)
    })
  })

  describe('prepare', () => {
    const base: Target = { exchange: 'e', topic: 't', namespace: 'n', version: '1.0', server: 's', fanout: true }
    for (const [name, overrides, expected] of [
      ['keeps what is not given', {}, base],
      ['keeps what is undefined', { topic: undefined, server: undefined }, base],
      [
        'replaces what is given',
        { exchange: 'E', topic: 'T', namespace: 'N', version: '2.0', server: 'S', fanout: false },
        { exchange: 'E', topic: 'T', namespace: 'N', version: '2.0', server: 'S', fanout: false },
      ],
      [
        'takes away what is null',
        { exchange: null, namespace: null, version: null, server: null, fanout: null },
        { topic: 't' },
      ],
    ] as const) {
      it(name, () => {
        const { transport } = recording()
        const client = new RpcClient(transport, base)
        assert.deepEqual(fields(client.prepare(overrides).target), expected)
        assert.deepEqual(fields(client.target), base)
      })
    }

    it('can be repeated', () => {
      const { transport } = recording()
      const client = new RpcClient(transport, { topic: 't' }).prepare({ server: 's' }).prepare({ namespace: 'n' })
      assert.deepEqual(fields(client.target), { topic: 't', server: 's', namespace: 'n' })
    })

    for (const version of ['5', '5.a', '5.5.a', '']) {
      it(`refuses the version "${version}"`, () => {
        const { transport } = recording()
        assert.throws(() => new RpcClient(transport, { topic: 't' }).prepare({ version }), InvalidVersionError)
        assert.throws(
          () => new RpcClient(transport, { topic: 't' }).prepare({ versionCap: version }),
          InvalidVersionError,
        )
      })
    }
  })

  describe('a version cap', () => {
    for (const [versionCap, version, allowed] of [
      [undefined, undefined, true],
      [undefined, '9.9', true],
      ['1.4', '1.4', true],
      ['1.4', '1.3', true],
      ['1.4', '1.5', false],
      ['1.4', '2.0', false],
      ['1.4', undefined, false],
    ] as const) {
      it(`of ${versionCap} ${allowed ? 'lets' : 'does not let'} version ${version} be sent`, async () => {
        const { transport, sent } = recording()
        const client = new RpcClient(transport, { topic: 't', version }, { versionCap })
        assert.equal(client.canSendVersion(), allowed)
        if (allowed) {
          await client.call({}, 'm')
          await client.cast({}, 'm')
        } else {
          await assert.rejects(client.call({}, 'm'), RpcVersionCapError)
          await assert.rejects(client.cast({}, 'm'), RpcVersionCapError)
        }
        assert.equal(sent.length, allowed ? 2 : 0)
      })
    }

    it('is compared with the version that is asked about, or with none', () => {
      const { transport } = recording()
      const client = new RpcClient(transport, { topic: 't', version: '1.0' }, { versionCap: '1.5' })
      assert.deepEqual(
        [client.canSendVersion('1.5'), client.canSendVersion('1.6'), client.canSendVersion(null)],
        [true, false, false],
      )
      assert.equal(client.prepare({ versionCap: null }).canSendVersion('9.9'), true)
    })

    it('says both versions in its error, as Python does', () => {
      assert.equal(
        new RpcVersionCapError('1.5', '1.4').message,
        'Requested message version, 1.5 is incompatible.  It needs to be equal in major version and less than or equal in ' +
          'minor version as the specified version cap 1.4.',
      )
    })
  })

  it('does not call with fan-out, however that came about', async () => {
    const { transport, sent } = recording()
    const error = {
      name: 'InvalidTargetError',
      message: 'A call cannot be used with fanout:<Target topic=t, fanout=True>',
    }
    await assert.rejects(new RpcClient(transport, { topic: 't', fanout: true }).call({}, 'm'), error)
    await assert.rejects(new RpcClient(transport, { topic: 't' }).prepare({ fanout: true }).call({}, 'm'), error)
    assert.equal(sent.length, 0)
  })

  it('needs a topic', async () => {
    const client = new RpcClient(recording().transport, {})
    await assert.rejects(client.call({}, 'm'), {
      name: 'InvalidTargetError',
      message: 'A topic is required to send:<Target >',
    })
    await assert.rejects(client.cast({}, 'm'), InvalidTargetError)
  })

  it('rejects nonsense instead of throwing it', async () => {
    const client = new RpcClient(recording().transport, { topic: 't' })
    await assert.rejects(client.call(null as never, 'm'), InvalidArgumentError)
    await assert.rejects(client.call({}, 5 as never), InvalidArgumentError)
    await assert.rejects(client.call({}, 'm', [1] as never), InvalidArgumentError)
    await assert.rejects(client.cast({}, 'm', 'x' as never), InvalidArgumentError)
  })

  it('lets the errors of the driver through as they are', async () => {
    const failure = new Error('the driver failed')
    const fail = async (): Promise<never> => {
      throw failure
    }
    const transport = new Transport(parseTransportUrl('memory://'), { call: fail, cast: fail } as unknown as Driver)
    const client = new RpcClient(transport, { topic: 't' })
    await assert.rejects(client.call({}, 'm'), failure)
    await assert.rejects(client.cast({}, 'm'), failure)
  })

  it('asks the driver to wait in spite of a loss where the call says so', async () => {
    const { transport, sent } = recording()
    const client = new RpcClient(transport, { topic: 't' })
    await client.call({}, 'm', {}, { waitAfterLoss: true })
    await client.call({}, 'm')
    assert.deepEqual(
      sent.map(({ options }) => options.waitAfterLoss),
      [true, undefined],
    )
  })

  it('hands its signal to the driver', async () => {
    const { transport, sent } = recording()
    const { signal } = new AbortController()
    const client = new RpcClient(transport, { topic: 't' })
    await client.call({}, 'm', {}, { signal })
    await client.cast({}, 'm', {}, { signal })
    assert.deepEqual(
      sent.map(({ options }) => options.signal),
      [signal, signal],
    )
  })

  it('applies its serializer to arguments, context and result, each with the context of the caller', async () => {
    class Tagging extends NoOpSerializer {
      override serializeEntity(context: { user?: unknown }, entity: unknown): unknown {
        return `s${String(entity)} for ${String(context.user)}`
      }
      override deserializeEntity(context: { user?: unknown }, entity: unknown): unknown {
        return `d${String(entity)} for ${String(context.user)}`
      }
      override serializeContext(): Record<string, unknown> {
        return { sent: true }
      }
    }
    const { transport, sent } = recording('result')
    const client = new RpcClient(transport, { topic: 't' }, { serializer: new Tagging() })
    assert.equal(await client.call({ user: 'u' }, 'm', { a: 1, b: 2 }), 'dresult for u')
    const { message, context } = sent[0]!.envelope
    assert.deepEqual({ ...(message.args as object) }, { a: 's1 for u', b: 's2 for u' })
    assert.deepEqual(context, { sent: true })
  })

  it('is checked by the compiler when it knows the interface', async () => {
    interface ComputeApi {
      reboot(args: { id: number }): { state: string }
      ping(): Promise<string>
    }
    const { transport } = recording({ state: 'up' })
    const client = new RpcClient<ComputeApi>(transport, { topic: 't' })
    const { state } = await client.call({}, 'reboot', { id: 7 })
    assert.equal(state, 'up')
    const pong: string = await client.call({}, 'ping')
    assert.ok(pong)
    // @ts-expect-error no such method
    await client.call({}, 'nosuch')
    // @ts-expect-error an argument of another type
    await client.call({}, 'reboot', { id: '7' })
  })

  it('lets prepare options be typed', () => {
    const options: PrepareOptions = { server: undefined, fanout: null, timeoutMs: 5 }
    assert.ok(options)
  })
})

// Notifications between Python's oslo.messaging and `omsg`, through `omsg router`, in both of oslo's formats.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ADDRESSING_MODES, useBus } from '../support/bus.ts'
import { omsg } from '../support/omsg.ts'
import { noPythonPeers, runPeer } from '../support/python-peers.ts'

interface Line {
  readonly priority: string
  readonly publisher_id: string
  readonly event_type: string
  readonly payload: unknown
  readonly metadata: { readonly message_id: string; readonly timestamp: string }
  readonly ctxt: unknown
  /** Of the Python listener: what its endpoint answered. */
  readonly result?: string
}

const PAYLOAD = { id: 7, name: 'žluťoučký 🐎', sizes: [1, 2.5, null], nested: { ok: true } }

for (const mode of ADDRESSING_MODES) {
  describe(`A notification (${mode} addresses)`, { skip: noPythonPeers }, () => {
    const bus = useBus(mode)
    for (const format of ['messaging', 'messagingv2']) {
      it(`of Python (${format}) reaches omsg listen, which acknowledges it`, async () => {
        const listener = await bus.listen('--topic', `py-${format}`, '--priority', 'info,error', '--count', '2')
        const publish = (priority: string) =>
          runPeer('notifier', [
            ...bus.peer(
              '--topic',
              `py-${format}`,
              '--driver',
              format,
              '--priority',
              priority,
              '--publisher-id',
              'compute.h1',
            ),
            ...[
              '--event-type',
              'instance.create',
              '--payload',
              JSON.stringify(PAYLOAD),
              '--context',
              '{"user": "jiří"}',
              '--retry',
              '0',
            ],
          ])
        for (const priority of ['info', 'error']) {
          const { ok, ended } = await publish(priority)
          assert.equal(ok, true, ended.stdout.join('\n'))
        }
        const { code } = await listener.end()
        assert.equal(code, 0)
        const lines = await listener.objects<Line>(2)
        assert.deepEqual(
          lines.map((line) => line.priority),
          ['info', 'error'],
        )
        for (const { publisher_id, event_type, payload, metadata, ctxt } of lines) {
          assert.deepEqual(
            { publisher_id, event_type, payload, ctxt },
            { publisher_id: 'compute.h1', event_type: 'instance.create', payload: PAYLOAD, ctxt: { user: 'jiří' } },
          )
          assert.match(metadata.message_id, /^[0-9a-f-]{36}$/)
          assert.match(metadata.timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
        }
      })

      it(`of omsg notify (${format}) reaches a Python listener`, async () => {
        const listener = await bus.startPeer('notification_listener', '--topic', `js-${format}`, '--count', '1')
        const ended = await omsg([
          'notify',
          ...bus.omsg(
            '--topic',
            `js-${format}`,
            '--priority',
            'warn',
            '--publisher-id',
            'compute.h2',
            '--format',
            format,
          ),
          ...['--timeout-ms', '20000', '--context', '{"user": "jiří"}', 'instance.delete', JSON.stringify(PAYLOAD)],
        ])
        assert.equal(ended.code, 0, ended.stderr.join('\n'))
        const [line] = await listener.objects<Line>(1)
        const { priority, publisher_id, event_type, payload, ctxt, result } = line as Line
        assert.deepEqual(
          { priority, publisher_id, event_type, payload, ctxt, result },
          {
            priority: 'warn',
            publisher_id: 'compute.h2',
            event_type: 'instance.delete',
            payload: PAYLOAD,
            ctxt: { user: 'jiří' },
            result: 'handled',
          },
        )
      })
    }

    it('that a Python listener requeues is delivered again, and then acknowledged', async () => {
      const listener = await bus.startPeer(
        'notification_listener',
        '--topic',
        'again',
        '--requeue-first',
        '1',
        '--count',
        '1',
      )
      const ended = await omsg([
        'notify',
        ...bus.omsg('--topic', 'again', '--timeout-ms', '20000', 'instance.move', '{"id": 8}'),
      ])
      assert.equal(ended.code, 0, ended.stderr.join('\n'))
      const lines = await listener.objects<Line>(2)
      assert.deepEqual(
        lines.map((line) => line.result),
        ['requeue', 'handled'],
      )
    })

    it('that nobody listens to yet waits for a Python listener', async () => {
      const ended = await omsg([
        'notify',
        ...bus.omsg('--topic', 'early', '--timeout-ms', '20000', 'instance.early', '{"id": 9}'),
      ])
      assert.equal(ended.code, 0, ended.stderr.join('\n'))
      const listener = await bus.startPeer('notification_listener', '--topic', 'early', '--count', '1')
      const [line] = await listener.objects<Line>(1)
      assert.deepEqual(line?.payload, { id: 9 })
    })

    it('of Python that nobody listens to yet waits for omsg listen', async () => {
      const { ok, ended } = await runPeer(
        'notifier',
        bus.peer(
          ...['--topic', 'py-early', '--driver', 'messagingv2', '--priority', 'info', '--publisher-id', 'compute.h1'],
          ...['--event-type', 'instance.early', '--payload', '{"id": 10}', '--context', '{}', '--retry', '0'],
        ),
      )
      assert.equal(ok, true, ended.stdout.join('\n'))
      const listener = await bus.listen('--topic', 'py-early', '--count', '1')
      const [line] = await listener.objects<Line>(1)
      assert.deepEqual(line?.payload, { id: 10 })
    })
  })
}

// The programs of docs/guide/notifications.md run, and print what the page says; its defaults, errors and choices are
// those that there are.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { OPTION_TABLES } from '../../src/index.ts'
import { MESSAGE_SERVER_DEFAULTS } from '../../src/messaging/options.ts'
import { BUFFER_DEFAULTS } from '../../src/notify/buffered-publishing.ts'
import { PRIORITIES } from '../../src/notify/notification.ts'
import { NOTIFICATION_DEFAULTS } from '../../src/notify/options.ts'
import { itRunsThePrograms } from '../support/guide-tests.ts'
import { ROOT } from '../support/source-files.ts'

const PAGE = 'docs/guide/notifications.md'
const page = readFileSync(join(ROOT, PAGE), 'utf8')

const amqp = OPTION_TABLES.find(({ group }) => group === 'oslo_messaging_amqp')
const ofTransport = (name: string): unknown => Object.values(amqp?.rows ?? {}).find((row) => row.name === name)?.default

describe('the guide "Notifications"', () => {
  itRunsThePrograms(
    PAGE,
    [
      'first.ts',
      'outcomes.ts',
      'twice.ts',
      'reported.ts',
      'buffered.ts',
      'drained.ts',
      'filtered.ts',
      'poison.ts',
      'batches.ts',
      'iterated.ts',
      'pools.ts',
      'masked.ts',
      'routed.ts',
      'configured.ts',
    ],
    { 'nova.conf': /```ini\n([\s\S]*?)```/.exec(page)?.[1] ?? '' },
  )

  it('says the defaults that there are', () => {
    const said: readonly (readonly [RegExp, unknown])[] = [
      [/\| not accepted within `timeoutMs` \((\d+ s)\)/, `${ofTransport('default_notify_timeout')} s`],
      [/\(`retry`, (-?\d+): without limit/, `${NOTIFICATION_DEFAULTS.retry}`],
      [/`size` notifications \(([\d ]+)\)/, `${BUFFER_DEFAULTS.size / 1000} 000`],
      [/`concurrency` of\s+them \((\d+)\)/, `${BUFFER_DEFAULTS.concurrency}`],
      [/`requeueDelayMs` \((\d+) s,/, `${NOTIFICATION_DEFAULTS.requeueDelayMs / 1000}`],
      [/`maxDeliveries` \((\d+);/, `${NOTIFICATION_DEFAULTS.maxDeliveries}`],
      [/\| `concurrency` \| (\d+) \|/, `${MESSAGE_SERVER_DEFAULTS.concurrency}`],
      [/\| `notify_server_credit` \(transport\) \| (\d+) \|/, `${ofTransport('notify_server_credit')}`],
      [/`batchSize` notifications \((\d+)\)/, `${NOTIFICATION_DEFAULTS.batchSize}`],
      [/`batchTimeoutMs`\s+\((\d+) s\)/, `${NOTIFICATION_DEFAULTS.batchTimeoutMs / 1000}`],
      [/`drainTimeoutMs`\s+\((\d+) s\)/, `${MESSAGE_SERVER_DEFAULTS.drainTimeoutMs / 1000}`],
      [/`'(\w+)'` \(default\) \| sends/, NOTIFICATION_DEFAULTS.publishers.join()],
    ]
    for (const [pattern, value] of said) assert.equal(pattern.exec(page)?.[1], value, String(pattern))
  })

  it('names all priorities', () => {
    const listed = /A notifier has a method for each priority: ([^.]*)/.exec(page)?.[1] ?? ''
    const names = [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name)
    assert.deepEqual(
      names.filter((name) => name !== 'warning'),
      [...PRIORITIES],
    )
  })

  it('names errors that the reference has', () => {
    const reference = readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8')
    const names = new Set([...page.matchAll(/`(\w+Error)`/g)].map(([, name]) => name))
    assert.ok(names.size >= 5)
    for (const name of names) assert.ok(name === 'TypeError' || reference.includes(`\`${name}\``), name)
  })
})

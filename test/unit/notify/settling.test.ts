import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingNotification } from '../../../src/messaging/driver.ts'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { PoisonNotificationError } from '../../../src/notify/errors.ts'
import { RedeliveryCount } from '../../../src/notify/redelivery-count.ts'
import { type FailedNotification, Settling, type SettlingOptions } from '../../../src/notify/settling.ts'
import { defectsOf } from '../../support/defects.ts'

function incoming(messageId: unknown, facts: Partial<IncomingNotification> = {}) {
  const said: string[] = []
  const notification: IncomingNotification = {
    message: { message_id: messageId, event_type: 'e' },
    context: {},
    priority: 'info',
    acknowledge: () => void said.push('acknowledged'),
    requeue: () => void said.push('requeued'),
    reject: (reason) => void said.push(`rejected: ${reason}`),
    done: () => void said.push('done'),
    ...facts,
  }
  return { notification, said }
}

const CAN = { requeue: true }

function settlingWith(options: SettlingOptions = {}) {
  const reports: [unknown, FailedNotification][] = []
  const onError = (error: unknown, failed: FailedNotification) => void reports.push([error, failed])
  return { settling: new Settling({ requeueDelayMs: 0, onError, ...options }, CAN), reports }
}

describe('the settling of notifications', () => {
  it('acknowledges what is dealt with', () => {
    const { notification, said } = incoming('m')
    settlingWith().settling.handled(notification)
    assert.deepEqual(said, ['acknowledged', 'done'])
  })

  it('gives back what is to come again, and reports only errors', () => {
    const { settling, reports } = settlingWith()
    const [first, second] = [incoming('m'), incoming('n')]
    settling.giveBack(first.notification, {})
    settling.giveBack(second.notification, { error: 'why' })
    assert.deepEqual(
      [first.said, second.said],
      [
        ['requeued', 'done'],
        ['requeued', 'done'],
      ],
    )
    assert.deepEqual(reports, [['why', { priority: 'info', messageId: 'n', eventType: 'e', outcome: 'requeued' }]])
  })

  it('rejects the one that comes back for the last time, with the last error as the cause', () => {
    const { settling, reports } = settlingWith({ maxDeliveries: 3 })
    const all = [1, 2, 3].map(() => incoming('poison'))
    for (const { notification } of all) settling.giveBack(notification, { error: 'broken' })
    assert.deepEqual(
      all.map(({ said }) => said[0]),
      ['requeued', 'requeued', 'rejected: the notification was delivered 3 times, and never dealt with'],
    )
    const [error, failed] = reports[2] ?? []
    assert.ok(error instanceof PoisonNotificationError)
    assert.deepEqual([error.code, error.deliveries, error.cause], ['NOTIFICATION_POISON', 3, 'broken'])
    assert.equal(failed?.outcome, 'rejected')
  })

  it('starts to count anew when one was dealt with', () => {
    const { settling } = settlingWith({ maxDeliveries: 2 })
    settling.giveBack(incoming('m').notification, {})
    settling.handled(incoming('m').notification)
    const again = incoming('m')
    settling.giveBack(again.notification, {})
    assert.equal(again.said[0], 'requeued')
  })

  it('never gives up when it may try without limit', () => {
    const { settling } = settlingWith({ maxDeliveries: Number.POSITIVE_INFINITY })
    for (let n = 0; n < 100; n += 1) {
      const one = incoming('m')
      settling.giveBack(one.notification, {})
      assert.equal(one.said[0], 'requeued')
    }
  })

  it('lets no more than half of the credit wait for its delay: the first goes back early', () => {
    const settling = new Settling({ requeueDelayMs: 60_000 }, { requeue: true, notificationCredit: 4 })
    const all = ['a', 'b', 'c'].map((id) => incoming(id))
    for (const { notification } of all) settling.giveBack(notification, {})
    assert.deepEqual(
      all.map(({ said }) => said),
      [['requeued', 'done'], [], []],
    )
    settling.flush()
    assert.deepEqual(
      all.map(({ said }) => said[0]),
      ['requeued', 'requeued', 'requeued'],
    )
  })

  it('acknowledges what may not or cannot be given back, and says so', () => {
    const without = settlingWith({ allowRequeue: false })
    const first = incoming('m')
    without.settling.giveBack(first.notification, { error: 'why' })
    const { settling, reports } = settlingWith()
    const second = incoming('m', { settled: true })
    settling.giveBack(second.notification, { error: 'why' })
    assert.deepEqual(
      [first.said, second.said],
      [
        ['acknowledged', 'done'],
        ['acknowledged', 'done'],
      ],
    )
    assert.equal(without.reports[0]?.[1].outcome, 'acknowledged')
    assert.equal(reports[0]?.[1].outcome, 'acknowledged')
  })

  it('reports to the defects without onError, and when onError throws', (t) => {
    const defects = defectsOf(t)
    const { settling } = settlingWith({ onError: undefined })
    settling.giveBack(incoming('m').notification, { error: 'why' })
    const failing = settlingWith({
      onError: () => {
        throw new Error('in the log')
      },
    })
    failing.settling.giveBack(incoming('m').notification, { error: 'why' })
    assert.deepEqual(
      defects.map(({ where }) => where),
      ['the handling of a notification of priority info', 'onError of a notification listener'],
    )
  })

  for (const options of [
    { maxDeliveries: 0 },
    { maxDeliveries: 1.5 },
    { requeueDelayMs: -1 },
    { allowRequeue: 1 as never },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => new Settling(options, CAN), InvalidArgumentError)
    })
  }

  it('refuses allowRequeue where the transport cannot give messages back, and then does not do it by itself', () => {
    assert.throws(
      () => new Settling({ allowRequeue: true }, { requeue: false }),
      /this transport cannot give messages back/,
    )
    const { notification, said } = incoming('m')
    new Settling({ onError: () => {} }, { requeue: false }).giveBack(notification, {})
    assert.equal(said[0], 'acknowledged')
  })
})

describe('the count of deliveries', () => {
  const counts = (count: RedeliveryCount, ...headers: (number | undefined)[]): number[] =>
    headers.map((deliveryCount) => count.failed(incoming('m', { deliveryCount }).notification))

  it('is of this listener where the bus does not count what is released', () => {
    assert.deepEqual(counts(new RedeliveryCount(), undefined, 0, undefined), [1, 2, 3])
  })

  it("is the bus's where it counts what is released, and each is counted once", () => {
    assert.deepEqual(counts(new RedeliveryCount(), undefined, 1, 2, 3), [1, 2, 3, 4])
  })

  it('adds what others failed on before', () => {
    assert.deepEqual(counts(new RedeliveryCount(), 4, 4, 4), [5, 6, 7])
    assert.deepEqual(counts(new RedeliveryCount(), 4, 5, 6), [5, 6, 7])
  })

  it('is of the same contents for messages without an id', () => {
    const count = new RedeliveryCount()
    for (const id of [undefined, '', 7, ['x'], 'x'.repeat(1000)]) {
      const counted = [1, 2, 3].map(() => count.failed(incoming(id).notification))
      assert.deepEqual(counted, [1, 2, 3])
    }
    assert.equal(count.failed(incoming(8).notification), 1)
  })

  it('forgets those that were given back longest ago, and stays bounded', () => {
    const count = new RedeliveryCount()
    count.failed(incoming('oldest').notification)
    count.failed(incoming('kept').notification)
    for (let n = 0; n < 9_999; n += 1) count.failed(incoming(`m-${n}`).notification)
    assert.equal(count.failed(incoming('kept').notification), 2)
    assert.equal(count.failed(incoming('oldest').notification), 1)
  })
})

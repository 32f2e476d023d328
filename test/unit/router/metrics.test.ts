// The exposition format, read as strictly as Prometheus does.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { expositionOf } from '../../../src/router/metrics.ts'
import { Traffic } from '../../../src/router/traffic.ts'
import { readExposition } from '../../support/exposition.ts'

/** Each counter with a number of its own, and its name by that number. */
function distinctCounters() {
  const counters = { ...new Traffic().snapshot(0, 0, 0) } as Record<string, number>
  const names = Object.keys(counters)
  for (const [index, name] of names.entries()) counters[name] = 1_000 + index
  return { names, exposition: expositionOf(counters as never) }
}

describe('the metrics of a router', () => {
  it('are what Prometheus reads, each family once, with help and type', () => {
    const { families } = readExposition(distinctCounters().exposition)
    for (const { name, type, help } of families) {
      assert.match(name, /^oslo_router_/)
      assert.equal(name.endsWith('_total'), type === 'counter', name)
      assert.match(help, /^[A-Z].*\.$/, name)
    }
  })

  it('tell every counter, once', () => {
    const { names, exposition } = distinctCounters()
    const values = readExposition(exposition).samples.map(({ value }) => value)
    assert.deepEqual(
      values.sort((a, b) => a - b),
      names.map((_, index) => 1_000 + index),
    )
  })

  it('tell what is dropped by its reason, and outcomes by their names', () => {
    const traffic = new Traffic()
    traffic.droppedFull = 3
    traffic.accepted = 5
    const { samples } = readExposition(expositionOf(traffic.snapshot(0, 0, 0)))
    const value = (series: string) => samples.find((sample) => sample.series === series)?.value
    assert.equal(value('oslo_router_messages_dropped_total{reason="queue_full"}'), 3)
    assert.equal(value('oslo_router_outcomes_total{outcome="accepted"}'), 5)
    assert.equal(value('oslo_router_connections'), 0)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { serialAdd, serialDiff } from '../../../src/amqp/serial-number.ts'

describe('serial numbers', () => {
  it('wrap at 2^32', () => {
    assert.equal(serialAdd(0xffffffff, 1), 0)
    assert.equal(serialAdd(0xfffffff0, 0x20), 0x10)
  })

  it('are compared across the wrap', () => {
    assert.equal(serialDiff(0, 0xffffffff), 1)
    assert.equal(serialDiff(0xffffffff, 0), -1)
    assert.equal(serialDiff(0x7fffffff, 0), 0x7fffffff)
  })

  it('come back to where they were', () => {
    for (const a of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff])
      for (const n of [0, 1, 1000, 0x7fffffff]) assert.equal(serialDiff(serialAdd(a, n), a), n)
  })
})

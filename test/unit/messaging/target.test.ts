import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeTarget } from '../../../src/messaging/target.ts'

describe('describeTarget', () => {
  for (const [target, text] of [
    [{}, '<Target >'],
    [{ topic: 't' }, '<Target topic=t>'],
    [{ topic: '', fanout: false, server: undefined }, '<Target >'],
    [
      { fanout: true, server: 's', version: 'v', namespace: 'n', topic: 't', exchange: 'e' },
      '<Target exchange=e, topic=t, namespace=n, version=v, server=s, fanout=True>',
    ],
  ] as const) {
    it(`writes ${text} as Python does`, () => {
      assert.equal(describeTarget(target), text)
    })
  }
})

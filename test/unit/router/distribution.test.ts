import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkDistribution, chooseLeastBusy, chooseNext } from '../../../src/router/distribution.ts'

const candidate = (room: number, outstanding = 0) => ({ room, outstanding })

describe('choosing a consumer', () => {
  it('takes turns among those that have room', () => {
    const candidates = [candidate(1), candidate(0), candidate(2)]
    assert.equal(chooseNext(candidates, 0), 0)
    assert.equal(chooseNext(candidates, 1), 2)
    assert.equal(chooseNext(candidates, 3), 0)
  })

  it('finds nobody when no one has room', () => {
    assert.equal(chooseNext([candidate(0), candidate(0)], 1), -1)
    assert.equal(chooseLeastBusy([candidate(0), candidate(0)], 1), -1)
    assert.equal(chooseNext([], 0), -1)
    assert.equal(chooseLeastBusy([], 0), -1)
  })

  it('takes the one with the fewest outstanding when balanced', () => {
    assert.equal(chooseLeastBusy([candidate(5, 3), candidate(5, 1), candidate(5, 2)], 0), 1)
  })

  it('does not take an idle one that has no room', () => {
    assert.equal(chooseLeastBusy([candidate(0, 0), candidate(1, 7)], 0), 1)
  })

  it('takes turns among equals when balanced', () => {
    const equals = [candidate(9, 4), candidate(9, 4), candidate(9, 4)]
    assert.deepEqual(
      [0, 1, 2, 3].map((start) => chooseLeastBusy(equals, start)),
      [0, 1, 2, 0],
    )
  })
})

describe('a distribution given by the user', () => {
  it('is one of four words', () => {
    assert.equal(checkDistribution('closest', 'x'), 'closest')
    assert.throws(() => checkDistribution('fanout', 'rules[0].distribution'), {
      name: 'RouterOptionsError',
      code: 'ROUTER_OPTIONS',
      message: /^rules\[0\]\.distribution: expected one of multicast, .*found "fanout"/,
    })
  })
})

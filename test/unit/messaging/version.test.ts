import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidVersionError } from '../../../src/messaging/errors.ts'
import { checkVersion, versionIsCompatible } from '../../../src/messaging/version.ts'

describe('versionIsCompatible', () => {
  for (const [implemented, requested, compatible] of [
    ['1.0', '1.0', true],
    ['1.5', '1.4', true],
    ['1.5', '1.6', false],
    ['2.0', '1.0', false],
    ['1.0', '2.0', false],
    ['1.10', '1.9', true],
    ['1.9', '1.10', false],
    ['1.5.2', '1.5.1', true],
    ['1.5.1', '1.5.2', false],
    ['1.5', '1.5.1', false],
    ['1.5.1', '1.5', true],
    ['1.6', '1.5.9', true],
    ['1.0', ' 1.0 ', true],
    [undefined, '9.9', true],
    [undefined, undefined, true],
    ['1.0', undefined, false],
    ['1.0', 'x', false],
    ['1.0', '1', false],
    ['1.0', '', false],
  ] as const) {
    it(`says ${compatible} for ${requested} at ${implemented}`, () => {
      assert.equal(versionIsCompatible(implemented, requested), compatible)
    })
  }
})

describe('checkVersion', () => {
  for (const version of ['1.0', '1.0.3', '1.0.0.9', ' 1 . 2 ']) {
    it(`takes "${version}"`, () => {
      assert.equal(checkVersion(version), version)
    })
  }

  for (const version of ['5', '5.a', '5.5.a', '', '.', '1.']) {
    it(`refuses "${version}"`, () => {
      assert.throws(() => checkVersion(version), new InvalidVersionError(version))
    })
  }
})

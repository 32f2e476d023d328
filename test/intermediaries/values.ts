// What is said arrives as it was said.

import assert from 'node:assert/strict'
import type { Scenario } from './scenario.ts'

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, n) => n)

/** Text of all planes, of control characters, and of every byte, as text and as base64. */
const VALUES: Readonly<Record<string, unknown>> = {
  text: 'žluťoučký kůň 🐎 العربية 日本語 \u{10ffff} "\\" \u2028\u2029',
  controls: Array.from({ length: 32 }, (_, n) => String.fromCharCode(n)).join(''),
  bytes: String.fromCharCode(...EVERY_BYTE),
  base64: Buffer.from(EVERY_BYTE).toString('base64'),
  integers: [0, -1, 9007199254740993n, -170141183460469231731687303715884105728n],
  numbers: [0.1, -2.5, 1e300],
  nothing: [null, '', [], {}],
  nested: { 'klíč 🗝': [[{ deep: [true, false] }]] },
}

export const ROUND_TRIPS: readonly Scenario[] = [
  {
    title: 'unicode and binary safe round trip',
    async play(stage) {
      const echo = (_: object, { value }: { value?: unknown }): unknown => value
      await stage.serve('one', { echo })
      const client = stage.client()
      for (const [name, value] of Object.entries(VALUES))
        assert.deepEqual(await client.call({}, 'echo', { value }), value, name)
    },
  },
]

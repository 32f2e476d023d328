import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ScramMechanism } from '../../../src/amqp/scram.ts'
import { makeScramCredentials } from '../../../src/amqp/scram-credentials.ts'

describe('makeScramCredentials', () => {
  it('keeps keys of the size of the hash, and nothing of the password', async () => {
    for (const [mechanism, bytes] of [
      ['SCRAM-SHA-1', 20],
      ['SCRAM-SHA-256', 32],
      ['SCRAM-SHA-512', 64],
    ] as const) {
      const { salt, iterations, storedKey, serverKey } = await makeScramCredentials(mechanism, 'secret')
      assert.deepEqual([salt.length, iterations, storedKey.length, serverKey.length], [16, 16_384, bytes, bytes])
    }
  })

  it('has another salt each time, and with the same one the same keys', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => makeScramCredentials('SCRAM-SHA-256', 'secret')))
    assert.notDeepEqual(one?.salt, two?.salt)
    const salt = Buffer.from('0123456789')
    const same = { salt, iterations: 5000 }
    const again = await makeScramCredentials('SCRAM-SHA-256', 'secret', same)
    assert.deepEqual(await makeScramCredentials('SCRAM-SHA-256', 'secret', same), again)
    assert.deepEqual([again.salt, again.iterations], [salt, 5000])
  })

  it('prepares the password', async () => {
    const same = { salt: Buffer.from('0123456789'), iterations: 4096 }
    const [one, two] = await Promise.all(
      ['\u2168\u00a0x', 'IX x'].map((password) => makeScramCredentials('SCRAM-SHA-1', password, same)),
    )
    assert.deepEqual(one, two)
  })

  it('refuses what no client or listener here would take, without showing the password', async () => {
    const made = (mechanism: string, password: string, options = {}) =>
      makeScramCredentials(mechanism as ScramMechanism, password, options)
    await assert.rejects(made('sha256', 'x'), {
      name: 'TypeError',
      message: /expected one of SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1$/,
    })
    await assert.rejects(made('toString', 'x'), TypeError)
    for (const iterations of [4095, 1_000_001, 4096.5, Number.NaN])
      await assert.rejects(made('SCRAM-SHA-1', 'x', { iterations }), { name: 'RangeError', message: /4096 to 1000000/ })
    for (const salt of [Buffer.alloc(0), Buffer.alloc(65), 'salt'])
      await assert.rejects(made('SCRAM-SHA-1', 'x', { salt }), { name: 'RangeError', message: /1 to 64 bytes/ })
    await assert.rejects(made('SCRAM-SHA-1', 'sec\u0000ret'), (error: Error) => {
      assert.match(error.message, /SASLprep/)
      return !error.message.includes('sec\u0000ret')
    })
  })
})

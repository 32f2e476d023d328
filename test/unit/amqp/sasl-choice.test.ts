import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaslError } from '../../../src/amqp/errors.ts'
import {
  type Admission,
  authenticate,
  checkOutcome,
  chooseMechanism,
  offeredMechanisms,
} from '../../../src/amqp/sasl.ts'
import type { SaslInit } from '../../../src/codec/sasl-frames.ts'
import { defectsOf } from '../../support/defects.ts'

const user = { username: 'alice', password: 'secret' }

const init = (mechanism: string, response = ''): SaslInit => ({
  type: 'sasl-init',
  mechanism,
  initialResponse: Buffer.from(response),
  hostname: undefined,
})

const codeOf = async (admission: Admission | Promise<Admission>): Promise<number> => (await admission).code

describe('the mechanism that a client chooses', () => {
  it('is PLAIN with a user name, ANONYMOUS without', () => {
    assert.equal(chooseMechanism(['ANONYMOUS', 'PLAIN'], user).mechanism, 'PLAIN')
    assert.equal(chooseMechanism(['ANONYMOUS', 'PLAIN'], {}).mechanism, 'ANONYMOUS')
  })

  it('is never ANONYMOUS with a user name, unless that is allowed by name', () => {
    assert.throws(() => chooseMechanism(['ANONYMOUS'], user), SaslError)
    const allowed = { ...user, mechanisms: ['PLAIN', 'ANONYMOUS'] }
    assert.equal(chooseMechanism(['ANONYMOUS'], allowed).mechanism, 'ANONYMOUS')
    assert.equal(chooseMechanism(['ANONYMOUS', 'PLAIN'], allowed).mechanism, 'PLAIN')
  })

  it('is EXTERNAL only by name', () => {
    assert.throws(() => chooseMechanism(['EXTERNAL'], {}), SaslError)
    assert.equal(chooseMechanism(['EXTERNAL'], { mechanisms: ['external'] }).mechanism, 'EXTERNAL')
  })

  it('carries the credentials as RFC 4616 says', () => {
    assert.equal(chooseMechanism(['PLAIN'], user).initialResponse?.toString(), '\0alice\0secret')
    assert.throws(() => chooseMechanism(['PLAIN'], { username: 'a\0b' }), /NUL character/)
  })

  it('tells what was offered when there is none in common, with control characters made visible', () => {
    assert.throws(() => chooseMechanism(['GSSAPI', 'X\u001b[2J'], user), {
      code: 'AMQP_SASL',
      message: /offers GSSAPI X\\u001b\[2J, allowed here: PLAIN/,
    })
    assert.throws(() => chooseMechanism([], { mechanisms: ['PLAIN'] }), /offers nothing.*none that has its credentials/)
  })

  it('is refused with the reason that the outcome gives', () => {
    assert.doesNotThrow(() => checkOutcome({ type: 'sasl-outcome', code: 0, additionalData: undefined }, 'PLAIN'))
    for (const [code, reason] of [
      [1, /authentication failed/],
      [3, /permanent/],
      [9, /outcome 9/],
    ] as const)
      assert.throws(() => checkOutcome({ type: 'sasl-outcome', code, additionalData: undefined }, 'PLAIN'), {
        name: 'SaslError',
        message: reason,
      })
  })

  it('is not to blame when the peer could not check it', () => {
    for (const code of [2, 4])
      assert.throws(() => checkOutcome({ type: 'sasl-outcome', code, additionalData: undefined }, 'PLAIN'), {
        name: 'ConnectionError',
        message: /could not check the credentials/,
      })
  })
})

describe('a listener', () => {
  it('offers PLAIN when it can check it, else ANONYMOUS', () => {
    assert.deepEqual(offeredMechanisms({ authenticate: () => true }), ['PLAIN'])
    assert.deepEqual(offeredMechanisms({}), ['ANONYMOUS'])
  })

  it('lets in whom the authenticator knows, at once when that decides at once', async () => {
    const options = {
      authenticate: (_: string, name: string, password: string) => name === 'alice' && password === 'x',
    }
    assert.deepEqual(authenticate(init('PLAIN', '\0alice\0x'), options), {
      code: 0,
      identity: { mechanism: 'PLAIN', username: 'alice' },
    })
    assert.equal(await codeOf(authenticate(init('PLAIN', '\0alice\0y'), options)), 1)
    const slowly = { authenticate: async () => true }
    assert.equal(await codeOf(authenticate(init('PLAIN', '\0alice\0y'), slowly)), 0)
  })

  it('refuses mechanisms that it has not offered', async () => {
    assert.equal(await codeOf(authenticate(init('ANONYMOUS'), { authenticate: () => true })), 1)
    assert.equal(await codeOf(authenticate(init('PLAIN', '\0a\0b'), {})), 1)
    assert.equal(await codeOf(authenticate(init('PLAIN', '\0a\0b'), { mechanisms: ['PLAIN'] })), 1)
  })

  it('refuses a PLAIN response that is none, and acting for somebody else', async () => {
    const options = { authenticate: () => true }
    for (const response of ['', 'alice', '\0alice', '\0\0x', '\0a\0b\0c', 'bob\0alice\0x'])
      assert.equal(await codeOf(authenticate(init('PLAIN', response), options)), 1, JSON.stringify(response))
    assert.equal(await codeOf(authenticate(init('PLAIN', 'alice\0alice\0x'), options)), 0)
  })

  it('lets nobody in when the authenticator fails, reports that, and says try again', async (t) => {
    const defects = defectsOf(t)
    const thrown = new Error('no database')
    const options = [
      {
        authenticate: (): boolean => {
          throw thrown
        },
      },
      { authenticate: () => Promise.reject(thrown) },
    ]
    for (const option of options) assert.equal(await codeOf(authenticate(init('PLAIN', '\0a\0b'), option)), 4)
    assert.deepEqual(
      defects.map(({ error }) => error),
      [thrown, thrown],
    )
  })
})

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { AuthenticationContext, ScramLookup } from '../../../src/amqp/authentication.ts'
import type { ScramDecoyOptions } from '../../../src/amqp/options.ts'
import type { Admission } from '../../../src/amqp/sasl-exchange.ts'
import { ScramClient } from '../../../src/amqp/sasl-scram-client.ts'
import { ScramServer } from '../../../src/amqp/sasl-scram-server.ts'
import { hmac, type ScramMechanism, scramKeys, xor } from '../../../src/amqp/scram.ts'
import { makeScramCredentials, type ScramCredentials } from '../../../src/amqp/scram-credentials.ts'
import { ScramDecoy } from '../../../src/amqp/scram-decoy.ts'
import { defectsOf } from '../../support/defects.ts'
import { admissionOf, challengeOf, talk } from '../../support/sasl-fixtures.ts'
import { SCRAM_EXAMPLES } from '../../support/scram-examples.ts'

const CONTEXT: AuthenticationContext = { hostname: 'vhost', remoteAddress: '127.0.0.1:1' }
const M = 'SCRAM-SHA-256'
const NONCE = 'abcdefgh'

let alice: ScramCredentials

before(async () => {
  alice = await makeScramCredentials(M, 'pencil', { iterations: 4096 })
})

const lookup: ScramLookup = (_, username) => (username === 'alice' ? alice : undefined)
const server = (
  users: ScramLookup = lookup,
  { decoy = {}, mechanism = M as ScramMechanism }: { decoy?: ScramDecoyOptions; mechanism?: ScramMechanism } = {},
) => new ScramServer(mechanism, users, new ScramDecoy(decoy), CONTEXT)

const step = async (exchange: ScramServer, message: string | Buffer) => await exchange.start(Buffer.from(message))
const firstOf = (username: string, more = '') => `n,,n=${username},r=${NONCE}${more}`

/** What a client says to the server's challenge. */
async function finalFor(exchange: ScramServer, username = 'alice', password = 'pencil'): Promise<string> {
  const client = new ScramClient(M, { username, password }, NONCE)
  return (await client.respond(challengeOf(await exchange.start(client.start())))).toString()
}

describe('a SCRAM server', () => {
  for (const {
    mechanism,
    source,
    serverNonce,
    salt,
    clientFirst,
    serverFirst,
    clientFinal,
    serverFinal,
  } of SCRAM_EXAMPLES)
    it(`says what ${source} says, byte for byte`, async () => {
      const options = { iterations: 4096, salt: Buffer.from(salt, 'base64') }
      const user = await makeScramCredentials(mechanism, 'pencil', options)
      const exchange = new ScramServer(mechanism, () => user, new ScramDecoy(), CONTEXT, serverNonce)
      assert.equal(challengeOf(await step(exchange, clientFirst)).toString(), serverFirst)
      const { code, identity, additionalData } = admissionOf(exchange.respond(Buffer.from(clientFinal)))
      assert.deepEqual([code, identity], [0, { mechanism, username: 'user' }])
      assert.equal(additionalData?.toString(), serverFinal)
    })

  it('lets in who knows the password, and nobody else, whether it looks users up at once or later', async () => {
    for (const users of [lookup, async (...args: Parameters<ScramLookup>) => await lookup(...args)]) {
      for (const [username, password, code] of [
        ['alice', 'pencil', 0],
        ['alice', 'pencils', 1],
        ['bob', 'pencil', 1],
      ] as const) {
        const exchange = server(users)
        const response = Buffer.from(await finalFor(exchange, username, password))
        assert.equal(admissionOf(exchange.respond(response)).code, code)
      }
    }
  })

  it('and the client understand each other in each mechanism, with a name that has to be escaped', async () => {
    for (const { mechanism } of SCRAM_EXAMPLES) {
      const user = await makeScramCredentials(mechanism, 'p\u00e4ss=wort,', { iterations: 4096 })
      const asked: unknown[] = []
      const users: ScramLookup = (...args) => {
        asked.push(args)
        return user
      }
      const exchange = server(users, { mechanism })
      const client = new ScramClient(mechanism, { username: 'o=o, \u00fc', password: 'p\u00e4ss=wort,' })
      const { admission } = await talk(client, exchange)
      client.finish(admission.additionalData)
      assert.equal(admission.identity?.username, 'o=o, \u00fc')
      assert.deepEqual(asked, [[mechanism, 'o=o, \u00fc', CONTEXT]])
    }
  })

  it('has another nonce each time', async () => {
    const [one, two] = await Promise.all([1, 2].map(async () => challengeOf(await step(server(), firstOf('alice')))))
    assert.match(one?.toString() ?? '', /^r=abcdefgh[A-Za-z0-9+/]{24},s=/)
    assert.notDeepEqual(one, two)
  })

  for (const message of [
    '',
    'n,,',
    'n,,n=alice',
    `n,,r=${NONCE},n=alice`,
    `n,,n=,r=${NONCE}`,
    `n,,n=a=b,r=${NONCE}`,
    `n,,n=alice\u0007,r=${NONCE}`,
    'n,,n=alice,r=',
    'n,,n=alice,r=a\u0007',
    `n,,n=alice,r=${'x'.repeat(257)}`,
    `n,,m=x,n=alice,r=${NONCE}`,
    `p=tls-unique,,n=alice,r=${NONCE}`,
    `n,a=bob,n=alice,r=${NONCE}`,
    `n,a=,n=alice,r=${NONCE}`,
    `n=alice,r=${NONCE}`,
    Buffer.concat([Buffer.from('n,,n='), Buffer.of(0xff), Buffer.from(`,r=${NONCE}`)]),
  ])
    it(`refuses ${JSON.stringify(message.toString().slice(0, 40))} for a beginning`, async () => {
      assert.equal(
        admissionOf(
          await step(
            server(() => alice),
            message,
          ),
        ).code,
        1,
      )
    })

  it('takes the forms of the beginning that mean the same', async () => {
    for (const message of [`y,,n=alice,r=${NONCE}`, `n,a=alice,n=alice,r=${NONCE}`, firstOf('alice', ',x=y')])
      assert.match(challengeOf(await step(server(), message)).toString(), /^r=abcdefgh/)
  })

  it('refuses a final message that does not belong to the exchange, or is none', async () => {
    const changes: ((final: string) => string)[] = [
      (final) => final.replace('c=biws', 'c=eSws'),
      (final) => final.replace(/r=[^,]*/, `r=${NONCE}`),
      (final) => final.replace(',p=', ',x=y,p='),
      (final) => final.replace(/p=.*/, 'p=AAAA'),
      (final) => final.replace(/p=.*/, 'p=*'),
      (final) => final.replace(/,p=.*/, ''),
      (final) => `m=x,${final}`,
      () => '',
    ]
    for (const change of changes) {
      const exchange = server()
      const final = change(await finalFor(exchange))
      assert.equal(admissionOf(exchange.respond(Buffer.from(final))).code, 1, final)
    }
  })

  it('refuses a proof of something else than was said: another channel binding, another nonce', async () => {
    const keys = await scramKeys(M, 'pencil', alice.salt, alice.iterations)
    const provenFinal = async (exchange: ScramServer, change: (unproven: string, nonce: string) => string) => {
      const challenge = challengeOf(await step(exchange, firstOf('alice'))).toString()
      const nonce = /^r=([^,]*)/.exec(challenge)?.[1] ?? ''
      const unproven = change(`c=biws,r=${nonce}`, nonce)
      const agreed = `n=alice,r=${NONCE},${challenge},${unproven}`
      const proof = xor(keys.clientKey, hmac(M, keys.storedKey, agreed))
      return Buffer.from(`${unproven},p=${proof.toString('base64')}`)
    }
    for (const [change, code] of [
      [(unproven: string) => unproven, 0],
      [(unproven: string) => unproven.replace('c=biws', 'c=eSws'), 1],
      [(_: string, nonce: string) => `c=biws,r=${nonce}x`, 1],
      [() => `c=biws,r=${NONCE}`, 1],
    ] as const) {
      const exchange = server()
      assert.equal(admissionOf(exchange.respond(await provenFinal(exchange, change))).code, code)
    }
  })

  it('takes one final message only', async () => {
    const exchange = server()
    const final = Buffer.from(await finalFor(exchange))
    assert.equal(admissionOf(exchange.respond(final)).code, 0)
    assert.equal(admissionOf(exchange.respond(final)).code, 1)
    assert.equal(admissionOf(server().respond(final)).code, 1)
  })

  it('says "try again" when the users cannot be looked up, or the credentials are none, and reports that', async (t) => {
    const defects = defectsOf(t)
    const thrown = new Error('no database')
    const broken: unknown[] = [
      'pencil',
      {},
      { ...alice, iterations: 4095 },
      { ...alice, salt: new Uint8Array(65) },
      { ...alice, storedKey: Buffer.alloc(20) },
      { ...alice, serverKey: 'x' },
    ]
    const failing = [
      () => {
        throw thrown
      },
      () => Promise.reject(thrown),
      ...broken.flatMap((credentials) => [() => credentials, async () => credentials]),
    ] as ScramLookup[]
    for (const users of failing) assert.equal(admissionOf(await step(server(users), firstOf('alice'))).code, 4)
    assert.equal(defects.length, failing.length)
    assert.deepEqual([...new Set(defects.map(({ where }) => where))], ['scramCredentials'])
    assert.doesNotMatch(defects.map(({ error }) => String(error)).join(), /pencil/)
  })
})

describe('a user that does not exist', () => {
  const key = Buffer.alloc(16, 7)
  const saltOf = async (exchange: ScramServer, username: string): Promise<string | undefined> =>
    /,s=([^,]*),/.exec(challengeOf(await step(exchange, firstOf(username))).toString())?.[1]

  it('gets a challenge like that of one that does, and the same refusal', async () => {
    const form = /^r=abcdefgh[A-Za-z0-9+/]{24},s=[A-Za-z0-9+/]{22}==,i=4096$/
    const decoy = { iterations: 4096 }
    for (const username of ['alice', 'bob'])
      assert.match(challengeOf(await step(server(lookup, { decoy }), firstOf(username))).toString(), form)
    const refusals = ['alice', 'bob'].map(async (username) => {
      const exchange = server(lookup, { decoy })
      const refusal = exchange.respond(Buffer.from(await finalFor(exchange, username, 'wrong')))
      const { claimed, ...told } = refusal as Admission
      assert.deepEqual(claimed, { mechanism: M, username }) // for the listener's own side, and not for the peer
      return told
    })
    const [known, unknown] = await Promise.all(refusals)
    assert.deepEqual(known, unknown)
  })

  it('has the same salt whenever it is asked for, and another one than others, in other mechanisms, and elsewhere', async () => {
    const salt = (username: string, mechanism: ScramMechanism = M, decoy: ScramDecoyOptions = { key }) =>
      saltOf(server(lookup, { decoy, mechanism }), username)
    assert.equal(await salt('bob'), await salt('bob'))
    const others = [await salt('bob'), await salt('carol'), await salt('bob', 'SCRAM-SHA-1'), await salt('bob', M, {})]
    assert.equal(new Set(others).size, others.length)
    const random = new ScramDecoy()
    assert.deepEqual(random.credentialsOf(M, 'bob'), random.credentialsOf(M, 'bob'))
  })

  it('has the iterations that are told, else those of makeScramCredentials', async () => {
    const iterations = async (decoy: ScramDecoyOptions) =>
      /i=(\d+)$/.exec(challengeOf(await step(server(lookup, { decoy }), firstOf('bob'))).toString())?.[1]
    assert.equal(await iterations({}), String((await makeScramCredentials(M, 'x')).iterations))
    assert.equal(await iterations({ iterations: 5000 }), '5000')
  })

  it('is one for a store that says null, too', async () => {
    const exchange = server((() => null) as unknown as ScramLookup, { decoy: { iterations: 4096 } })
    assert.equal(admissionOf(exchange.respond(Buffer.from(await finalFor(exchange)))).code, 1)
  })

  it('does not come in with the keys of its own decoy', async () => {
    // Whoever had the key of the listener would know the decoy's keys: that they fit must not be enough.
    const decoy = new ScramDecoy({ key, iterations: 4096 })
    const known = await makeScramCredentials(M, 'pencil', { iterations: 4096 })
    decoy.credentialsOf = () => known
    const exchange = new ScramServer(M, () => undefined, decoy, CONTEXT)
    assert.equal(admissionOf(exchange.respond(Buffer.from(await finalFor(exchange, 'bob')))).code, 1)
  })
})

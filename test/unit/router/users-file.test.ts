import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { readUsersFile } from '../../../src/router/users-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'router-users-'))
const path = join(folder, 'users.json')
after(() => rmSync(folder, { recursive: true }))

const bytes = (length: number): string => Buffer.alloc(length, 7).toString('base64')
const scrypt = { N: 16_384, r: 8, p: 1, salt: bytes(16), hash: bytes(32) }
const keys = (length: number) => ({
  salt: bytes(16),
  iterations: 16_384,
  storedKey: bytes(length),
  serverKey: bytes(length),
})
const scram = { 'SCRAM-SHA-256': keys(32), 'SCRAM-SHA-512': keys(64) }
const access = { send: [], receive: [] }

const read = (value: unknown): ReturnType<typeof readUsersFile> => {
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value, undefined, 1))
  return readUsersFile(path)
}

describe('a users file', () => {
  it('has for each user what checks a password, and what the user may do', async () => {
    const { users } = await read({
      users: {
        alice: { scrypt, scram },
        bob: { access: { send: ['a', 'b.*.c'], receive: [] }, hosts: ['', 'blue'] },
      },
    })
    assert.deepEqual([...users.keys()], ['alice', 'bob'])
    const [alice, bob] = [users.get('alice'), users.get('bob')]
    assert.deepEqual([alice?.access, alice?.hosts], [undefined, undefined])
    assert.equal(alice?.password?.hash.cost, 16_384)
    assert.equal(alice?.password?.scram.get('SCRAM-SHA-512')?.storedKey.length, 64)
    assert.equal(bob?.password, undefined)
    assert.deepEqual(bob?.hosts, new Set(['', 'blue']))
    assert.equal(bob?.access?.allows('send', 'b/x/c'), true)
  })

  const user = (entry: unknown, name = 'alice') => ({ users: { [name]: entry } })
  const defects: readonly (readonly [what: string, file: unknown, message: string])[] = [
    [
      'no JSON',
      'alice:secret',
      'FILE:1: expected a value: a text in double quotes, a number, true, false, null, { or [',
    ],
    ['an array', [], 'FILE:1: expected an object, found an array'],
    ['no users', {}, 'FILE:1: expected users; users is missing'],
    ['another member', { users: {}, user: 1 }, 'FILE:3: the file: unknown name "user"; did you mean "users"?'],
    ['users that are no object', { users: ['alice'] }, 'FILE:2: users: expected an object, found an array'],
    ['a user that is a text', user('secret'), 'FILE:3: users.alice: expected an object, found a text'],
    ['an unknown member', user({ acess: access }), 'FILE:4: users.alice: unknown name "acess"; did you mean "access"?'],
    ['a name that is empty', user({}, ''), 'FILE:3: users.: expected a user name, found nothing'],
    [
      'a name with a control character',
      user({}, 'a\nb'),
      'FILE:3: users.a\\u000ab: expected a user name without control characters and others that SASLprep prohibits',
    ],
    [
      'a name that is no prepared one',
      user({}, '\u2168'),
      'FILE:3: users.\u2168: expected the user name as SASLprep (RFC 4013) writes it, which is "IX"',
    ],
    [
      'a password for PLAIN only',
      user({ scrypt }),
      'FILE:3: users.alice: expected scrypt and scram, or neither: omsg passwd writes both',
    ],
    [
      'a member that is missing',
      user({ scrypt: { ...scrypt, hash: undefined }, scram }),
      'FILE:4: users.alice.scrypt: expected N, r, p, salt, hash; hash is missing',
    ],
    [
      'a cost that is no power of two',
      user({ scrypt: { ...scrypt, N: 16_385 }, scram }),
      'FILE:5: users.alice.scrypt.N: expected a power of 2, found 16385',
    ],
    [
      'a cost beyond reason',
      user({ scrypt: { ...scrypt, N: 2 ** 21 }, scram }),
      'FILE:5: users.alice.scrypt.N: expected a whole number from 1024 to 1048576, found 2097152',
    ],
    [
      'memory beyond reason',
      user({ scrypt: { ...scrypt, N: 2 ** 20 }, scram }),
      'FILE:4: users.alice.scrypt: expected N and r that take at most 268435456 bytes, 128 * N * r',
    ],
    [
      'a salt that is no Base64',
      user({ scrypt: { ...scrypt, salt: 'my secret!' }, scram }),
      'FILE:8: users.alice.scrypt.salt: expected 8 to 64 bytes in Base64',
    ],
    [
      'keys of another length',
      user({ scrypt, scram: { ...scram, 'SCRAM-SHA-512': keys(32) } }),
      'FILE:21: users.alice.scram.SCRAM-SHA-512.storedKey: expected 64 bytes in Base64',
    ],
    [
      'too few iterations',
      user({ scrypt, scram: { ...scram, 'SCRAM-SHA-256': { ...keys(32), iterations: 1 } } }),
      'FILE:14: users.alice.scram.SCRAM-SHA-256.iterations: expected a whole number from 4096 to 1000000, found 1',
    ],
    [
      'one SCRAM mechanism only',
      user({ scrypt, scram: { 'SCRAM-SHA-256': keys(32) } }),
      'FILE:11: users.alice.scram: expected SCRAM-SHA-512, SCRAM-SHA-256; SCRAM-SHA-512 is missing',
    ],
    [
      'access in one direction only',
      user({ access: { send: [] } }),
      'FILE:4: users.alice.access: expected send, receive; receive is missing',
    ],
    [
      'access that is no array',
      user({ access: { send: '#', receive: [] } }),
      'FILE:5: users.alice.access.send: expected an array, found a text',
    ],
    [
      'an address without a token',
      user({ access: { send: ['a', '/'], receive: [] } }),
      'FILE:7: users.alice.access.send[1]: expected at least one token, found "/"',
    ],
    ['a host that is no text', user({ hosts: [1] }), 'FILE:5: users.alice.hosts[0]: expected a text, found 1'],
  ]
  for (const [what, file, message] of defects) {
    it(`is refused with ${what}, and the message says where it stands`, async () => {
      await assert.rejects(read(file), {
        name: 'RouterOptionsError',
        code: 'ROUTER_OPTIONS',
        message: `users: ${message.replace('FILE', path)}`,
      })
    })
  }

  it('is refused when it is not there, or larger than any', async () => {
    const missing = join(folder, 'none.json')
    await assert.rejects(readUsersFile(missing), {
      code: 'ROUTER_OPTIONS',
      message: `users: ${missing}: cannot be read: ENOENT`,
    })
    await assert.rejects(read(' '.repeat(1024 * 1024 + 1)), {
      message: `users: ${path}: expected at most 1048576 bytes`,
    })
  })
})

// `omsg passwd`, and a router with the users that it has written.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { failureOf, omsg, startRouterProgram, startServer } from '../../support/omsg.ts'
import type { Ended } from '../../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'omsg-passwd-'))
after(() => rmSync(folder, { recursive: true }))

let files = 0
const newFile = (): string => join(folder, `users-${files++}.json`)

const passwd = (file: string, user: string, input: string, ...flags: string[]): Promise<Ended> =>
  omsg(['passwd', '--file', file, ...flags, user], { input })

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

describe('omsg passwd', { concurrency: 4 }, () => {
  it('adds a user with the password on the first line of stdin, for its owner alone to read', async () => {
    const file = newFile()
    const { code, stdout, stderr } = await passwd(file, 'alice', 'first line\nsecond line\n')
    assert.deepEqual([code, stderr], [0, []])
    assert.deepEqual(
      stdout.map((line) => JSON.parse(line)),
      [{ user: 'alice', change: 'added', file }],
    )
    const text = readFileSync(file, 'utf8')
    assert.doesNotMatch(text, /first|second/)
    assert.deepEqual(Object.keys(read(file).users.alice), ['scrypt', 'scram'])
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('changes a password, and leaves other users and access rules as they are', async () => {
    const file = newFile()
    await passwd(file, 'alice', 'one\n')
    const before = read(file)
    const [access, hosts] = [{ send: ['a'], receive: [] }, ['blue']]
    writeFileSync(file, JSON.stringify({ users: { bob: { access }, alice: { ...before.users.alice, access, hosts } } }))
    const { stdout } = await passwd(file, 'alice', 'two')
    assert.equal(JSON.parse(stdout[0] ?? '').change, 'changed')
    const { users } = read(file)
    assert.deepEqual(users.bob, { access })
    assert.deepEqual([users.alice.access, users.alice.hosts], [access, hosts])
    assert.notEqual(users.alice.scrypt.hash, before.users.alice.scrypt.hash)
  })

  it('takes a user out with --delete', async () => {
    const file = newFile()
    await passwd(file, 'alice', 'secret')
    const { code, stdout } = await passwd(file, 'alice', '', '--delete', '--json')
    assert.deepEqual([code, JSON.parse(stdout[0] ?? '')], [0, { user: 'alice', change: 'deleted', file }])
    assert.deepEqual(read(file).users, {})
    const again = await passwd(file, 'alice', '', '--delete')
    assert.deepEqual([again.code, again.stdout], [1, []])
    assert.deepEqual(failureOf(again), { code: 'NO_SUCH_USER', message: `there is no user "alice" in ${file}` })
  })

  it('refuses what cannot be, and leaves the file as it is', async () => {
    const file = newFile()
    const refused: readonly (readonly [user: string, input: string, message: RegExp])[] = [
      ['alice', '', /^error: expected a password on a line of stdin, found nothing$/],
      ['alice', '\n', /^error: password: expected a text that is not empty$/],
      ['alice', 'a\tb\n', /^error: password: it has a control character/],
      ['alice', 'x'.repeat(5_000), /^error: .*at most/],
      ['', 'secret', /^error: user: expected a user name, found nothing$/],
      ['a\nb', 'secret', /^error: user: expected a user name without control characters/],
    ]
    for (const [user, input, message] of refused) {
      const { code, stdout, stderr } = await passwd(file, user, input)
      assert.match(stderr[0] ?? '', message)
      assert.deepEqual([code, stdout], [2, []])
    }
    assert.equal(existsSync(file), false)
  })

  it('refuses to write over a file that is no users file', async () => {
    for (const text of ['', 'Dear diary,\n', '{"rules": []}']) {
      const file = newFile()
      writeFileSync(file, text)
      for (const flags of [[], ['--delete']]) {
        const { code, stderr } = await passwd(file, 'alice', 'secret', ...flags)
        assert.equal(code, 2)
        assert.ok(stderr[0]?.startsWith(`error: users: ${file}:1: `), stderr[0])
      }
      assert.equal(readFileSync(file, 'utf8'), text)
    }
  })

  it('fails where it cannot write, and leaves nothing behind', async () => {
    const missing = join(folder, 'no', 'such', 'users.json')
    const ended = await passwd(missing, 'alice', 'secret')
    assert.deepEqual([ended.code, failureOf(ended).code], [1, 'ROUTER_USERS'])
    const place = join(folder, 'a-folder')
    mkdirSync(place)
    assert.equal((await passwd(place, 'alice', 'secret')).code, 2)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    )
  })

  it('says what is missing, and takes no password as an argument', async () => {
    assert.match((await omsg(['passwd', 'alice'])).stderr[0] ?? '', /^error: --file <file> is missing$/)
    const { code, stderr } = await omsg(['passwd', '--file', newFile(), 'alice', 'secret'])
    assert.equal(code, 2)
    assert.doesNotMatch(stderr.join('\n'), /secret/)
  })
})

describe('omsg router with --users', () => {
  it('serves calls between its users, and lets others not in', async (t) => {
    const file = newFile()
    await passwd(file, 'alice', 'correct horse:battery/staple@')
    await passwd(file, 'bob', 'b')
    const { program, url } = await startRouterProgram('--users', file)
    t.after(() => program.stop())
    const as = (user: string, password: string): string =>
      url.replace('//', `//${encodeURIComponent(user)}:${encodeURIComponent(password)}@`)
    const server = await startServer(['--url', as('bob', 'b'), '--topic', 'users', '--server', 's'])
    t.after(() => server.stop())
    const call = (address: string): Promise<Ended> =>
      omsg(['call', '--url', address, '--topic', 'users', '--timeout-ms', '20000', 'add', '{"a": 1, "b": 2}'])
    const { stdout, stderr } = await call(as('alice', 'correct horse:battery/staple@'))
    assert.deepEqual(stdout, ['3'], stderr.join('\n'))
    const wrong = await omsg(['call', '--url', as('alice', 'b'), '--topic', 'users', '--timeout-ms', '2000', 'who'])
    assert.equal(wrong.code, 1)
    assert.doesNotMatch(wrong.stderr.join('\n'), /correct/)
  })

  it('does not start with a file that is none', async () => {
    const file = newFile()
    const { code, stdout, stderr } = await omsg(['router', '--port', '0', '--users', file])
    assert.deepEqual([code, stdout, stderr], [2, [], [`error: users: ${file}: cannot be read: ENOENT`]])
  })

  it('finds the file that its configuration names beside that', async (t) => {
    const file = newFile()
    await passwd(file, 'alice', 'secret')
    const config = join(folder, 'router.json')
    writeFileSync(config, JSON.stringify({ users: file.slice(folder.length + 1), sasl: { mechanisms: ['PLAIN'] } }))
    const { program, url } = await startRouterProgram('--config', config)
    t.after(() => program.stop())
    const notify = ['notify', '--url', url.replace('//', '//alice:secret@'), 'an.event', '{}']
    const { code, stderr } = await omsg(notify)
    assert.equal(code, 0, stderr.join('\n'))
  })

  it('is what the command asks for beyond the loopback', async () => {
    const { code, stderr } = await omsg(['router', '--port', '0', '--host', '0.0.0.0'])
    assert.equal(code, 2)
    assert.match(stderr[0] ?? '', /--users \(omsg passwd makes the file\)/)
  })
})

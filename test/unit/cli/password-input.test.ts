import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { readPassword } from '../../../src/cli/password-input.ts'

class Terminal extends PassThrough {
  readonly isTTY = true
  readonly modes: boolean[] = []

  setRawMode(raw: boolean): void {
    this.modes.push(raw)
  }
}

const never = new AbortController().signal
const typed = async (...texts: readonly string[]): Promise<{ password: string; said: string[]; modes: boolean[] }> => {
  const terminal = new Terminal()
  const said: string[] = []
  for (const text of texts) terminal.write(text)
  const password = await readPassword(terminal, 'alice', (text) => said.push(text), never)
  return { password, said, modes: terminal.modes }
}

describe('a password from a terminal', () => {
  it('is asked for twice and not shown, and the terminal is as it was before', async () => {
    const { password, said, modes } = await typed('sec', 'ret\r', 'secret\r')
    assert.equal(password, 'secret')
    assert.deepEqual(said, ['password for alice (it is not shown):', 'the same again:'])
    assert.deepEqual(modes, [true, false])
  })

  it('can be corrected while it is typed', async () => {
    assert.equal((await typed('wrong\u0015sé😀\u007f\bcret\r', 'scret\n')).password, 'scret')
  })

  it('has to be the same both times', async () => {
    await assert.rejects(typed('one\r', 'two\r'), { code: 'USAGE', message: /the two passwords differ/ })
  })

  it('is given up by Ctrl-C, Ctrl-D, or a signal', async () => {
    await assert.rejects(typed('sec\u0003'), { code: 'INTERRUPTED' })
    await assert.rejects(typed('secret\r', '\u0004'), { code: 'USAGE' })
    const terminal = new Terminal()
    const stop = new AbortController()
    const waiting = readPassword(terminal, 'alice', () => {}, stop.signal)
    stop.abort()
    await assert.rejects(waiting, { code: 'INTERRUPTED' })
    assert.deepEqual(terminal.modes, [true, false])
  })
})

describe('a password from another program', () => {
  const piped = (...texts: readonly string[]): Promise<string> => {
    const stream = new PassThrough()
    for (const text of texts) stream.write(text)
    stream.end()
    return readPassword(stream, 'alice', () => assert.fail('nobody reads what it says'), never)
  }

  it('is its first line, with or without an end', async () => {
    assert.equal(await piped('sec', 'ret\nmore\n'), 'secret')
    assert.equal(await piped('secret\r\n'), 'secret')
    assert.equal(await piped('secret'), 'secret')
    assert.equal(await piped('\n'), '')
  })

  it('is missed where nothing comes, and refused where far too much does', async () => {
    await assert.rejects(piped(), { code: 'USAGE', message: /found nothing/ })
    await assert.rejects(piped('x'.repeat(5_000), '\n'), { code: 'USAGE', message: /at most 4096 characters/ })
  })
})

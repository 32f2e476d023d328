import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { Output } from '../../../src/cli/output.ts'

class FakeStream extends EventEmitter {
  text = ''
  isTTY = false
  fails = false
  write(text: string, written?: (error?: Error | null) => void): void {
    if (!this.fails) this.text += text
    written?.(this.fails ? new Error('ENOSPC') : undefined)
  }
}

function newOutput({ isTTY = false, env = {} }: { isTTY?: boolean; env?: Record<string, string> } = {}) {
  const stdout = new FakeStream()
  const stderr = new FakeStream()
  stdout.isTTY = isTTY
  const lost: Error[] = []
  const output = new Output({ stdout, stderr, env }, (error) => void lost.push(error))
  return { output, stdout, stderr, lost }
}

describe('a result', () => {
  it('is one JSON line on stdout, as Python writes it', () => {
    const { output, stdout, stderr } = newOutput()
    output.result({ big: 9007199254740993n, list: [Number.NaN, Infinity, -Infinity], text: 'é\n\u001b' })
    assert.equal(
      stdout.text,
      '{"big": 9007199254740993, "list": [NaN, Infinity, -Infinity], "text": "\\u00e9\\n\\u001b"}\n',
    )
    assert.equal(stderr.text, '')
  })

  it('says whether it was written', async () => {
    const { output, stdout } = newOutput()
    assert.equal(await output.written({ n: 1 }), true)
    stdout.fails = true
    assert.equal(await output.written({ n: 2 }), false)
    assert.equal(stdout.text, '{"n": 1}\n')
  })

  it('that is nothing is null', () => {
    const { output, stdout } = newOutput()
    output.result(undefined)
    assert.equal(stdout.text, 'null\n')
  })
})

describe('everything else', () => {
  it('goes to stderr: a note in one line, a failure as JSON', () => {
    const { output, stdout, stderr } = newOutput()
    output.note('lost\n\u001b[2J')
    output.failure(Object.assign(new Error('no amqp://joe:secret@host'), { code: 'X' }))
    assert.equal(stdout.text, '')
    assert.equal(stderr.text, 'lost\\u000a\\u001b[2J\n{"code": "X", "message": "no amqp://***@host"}\n')
  })

  it('shows no password of what was typed, however it was typed', () => {
    const { output, stderr } = newOutput()
    for (const typed of ['amqp://joe:sec/ret@host', 'amqp://joe:sec ret@host', 'amqp://joe:sec"ret@host'])
      output.usage(`error: unknown command ${typed}\nsee help`)
    assert.ok(!/sec|ret|joe/.test(stderr.text), stderr.text)
    assert.equal(stderr.text.split('\n').length, 7)
  })
})

describe('a message about a URL', () => {
  it('stays whole when it speaks of the sign @', () => {
    const { output, stderr } = newOutput()
    const text = 'the url amqp://…: no port (the signs / @ : in a password must be percent-encoded)'
    output.usage(text)
    assert.equal(stderr.text, `${text}\n`)
  })
})

describe('colour', () => {
  it('is for terminals, and not where somebody asked for none', () => {
    assert.equal(newOutput({ isTTY: true }).output.colour, true)
    assert.equal(newOutput().output.colour, false)
    assert.equal(newOutput({ isTTY: true, env: { NO_COLOR: '1' } }).output.colour, false)
    assert.equal(newOutput({ isTTY: true, env: { TERM: 'dumb' } }).output.colour, false)
    assert.equal(newOutput({ isTTY: true, env: { NO_COLOR: '1' } }).output.interactive, true)
  })
})

describe('the width', () => {
  it('is that of the terminal at the moment, and 80 where it does not say', () => {
    const { output, stdout } = newOutput({ isTTY: true })
    assert.equal(output.columns, 80)
    Object.assign(stdout, { columns: 132 })
    assert.equal(output.columns, 132)
  })
})

describe('a broken stream', () => {
  it('is told once when it is stdout, and to nobody when it is stderr', () => {
    const { stdout, stderr, lost } = newOutput()
    stdout.emit('error', new Error('EPIPE'))
    stdout.emit('error', new Error('EPIPE'))
    stderr.emit('error', new Error('EPIPE'))
    assert.equal(lost.length, 1)
  })
})

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { aborted, Interruption, stopOnSignals } from '../../../src/cli/signals.ts'

function newProcess(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const exits: number[] = []
  const source = Object.assign(new EventEmitter(), { exits, exit: (code: number) => void exits.push(code) })
  const interruption = new Interruption()
  const clock = { ms: 0 }
  stopOnSignals(source, interruption, () => clock.ms)
  const pass = (ms: number): void => {
    clock.ms += ms
    t.mock.timers.tick(ms)
  }
  return { source, interruption, pass }
}

describe('a signal', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`${signal} stops what runs for long at once, and requests a little later`, (t) => {
      const { source, interruption, pass } = newProcess(t)
      source.emit(signal, signal)
      assert.deepEqual([interruption.stop.aborted, interruption.giveUp.aborted], [true, false])
      pass(2000)
      assert.equal(interruption.giveUp.reason.code, 'INTERRUPTED')
      assert.match(interruption.giveUp.reason.message, new RegExp(signal))
      assert.deepEqual(source.exits, [])
    })
  }

  it('that is passed on twice, by the terminal and by npm, is one', (t) => {
    const { source, pass } = newProcess(t)
    source.emit('SIGINT', 'SIGINT')
    pass(50)
    source.emit('SIGINT', 'SIGINT')
    assert.deepEqual(source.exits, [])
  })

  it('that comes again later ends the process with 1', (t) => {
    const { source, pass } = newProcess(t)
    source.emit('SIGINT', 'SIGINT')
    pass(1000)
    source.emit('SIGTERM', 'SIGTERM')
    assert.deepEqual(source.exits, [1])
  })

  it('that does not bring it to its end within 30 s ends the process with 1', (t) => {
    const { source, pass } = newProcess(t)
    source.emit('SIGTERM', 'SIGTERM')
    pass(30_000)
    assert.deepEqual(source.exits, [1])
  })

  it('is the first one also after the reader of the output has gone', (t) => {
    const { source, interruption, pass } = newProcess(t)
    interruption.begin('nobody reads the output any more')
    pass(5000)
    source.emit('SIGTERM', 'SIGTERM')
    assert.deepEqual(source.exits, [])
    assert.match(interruption.giveUp.reason.message, /nobody reads/)
  })
})

describe('aborted', () => {
  it('resolves when the signal is aborted, or was', async () => {
    const controller = new AbortController()
    const waiting = aborted(controller.signal)
    controller.abort()
    await waiting
    await aborted(controller.signal)
  })
})

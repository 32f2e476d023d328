import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Emitter } from '../../../src/support/emitter.ts'

interface Events {
  status: [string]
  error: [Error]
}

test('listeners are told in the order in which they came, until they end', () => {
  const emitter = new Emitter<Events>()
  const heard: string[] = []
  const end = emitter.on('status', (status) => heard.push(`a ${status}`))
  emitter.on('status', (status) => heard.push(`b ${status}`))
  emitter.emit('status', '1')
  end()
  emitter.emit('status', '2')
  assert.deepEqual(heard, ['a 1', 'b 1', 'b 2'])
})

test('an event that nobody listens to does nothing, even when it is called error', () => {
  new Emitter<Events>().emit('error', new Error('nobody cares'))
})

test('the same function can listen twice', () => {
  const emitter = new Emitter<Events>()
  let calls = 0
  const listener = (): void => {
    calls += 1
  }
  emitter.on('status', listener)
  emitter.on('status', listener)
  emitter.emit('status', '1')
  assert.equal(calls, 2)
})

test('after clear nobody is told', () => {
  const emitter = new Emitter<Events>()
  emitter.on('status', () => assert.fail('told'))
  emitter.clear()
  emitter.emit('status', '1')
})

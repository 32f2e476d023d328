import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PendingReplies } from '../../../src/rpc/pending-replies.ts'

const later = (): { promise: Promise<void>; resolve: () => void } => {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('a reply on its way holds no place among the running methods', () => {
  const replies = new PendingReplies(2)
  assert.equal(replies.add(later().promise), undefined)
  assert.equal(replies.add(later().promise), undefined)
})

test('beyond the limit a reply holds a place until it is gone', async () => {
  const replies = new PendingReplies(1)
  const [first, second] = [later(), later()]
  replies.add(first.promise)
  const place = replies.add(second.promise)
  assert.ok(place)
  second.resolve()
  await place
})

test('whoever waits for none is told when the last one is gone', async () => {
  const replies = new PendingReplies(5)
  await replies.none()
  const [first, second] = [later(), later()]
  replies.add(first.promise)
  replies.add(second.promise)
  let none = false
  const waiting = replies.none().then(() => {
    none = true
  })
  first.resolve()
  await first.promise
  assert.equal(none, false)
  second.resolve()
  await waiting
})

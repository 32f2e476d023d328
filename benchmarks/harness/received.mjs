// What a consumer has had since it was last asked: it says so of each notification that it has dealt with.

import { milliseconds } from './work.mjs'

/** A broker delivers again after half a minute what it thinks is lost. */
const DEADLINE_MS = 25_000

let count = 0
let sum = 0
let at
let notify = () => {}

/** `number`: the one that the publisher gave it. */
export function received(number) {
  count += 1
  sum += number
  at = milliseconds()
  notify()
}

/** Resolves with when the last one had come. Rejects when not all come, or others than were published. */
export async function allReceived(published) {
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${count} of ${published.count} have come`)), DEADLINE_MS)
    notify = () => {
      if (count < published.count) return
      clearTimeout(timer)
      notify = () => {}
      resolve()
    }
    notify()
  })
  const answer = { count, at }
  if (count !== published.count || sum !== published.sum)
    throw new Error(`${count} have come, not the ${published.count} that were published`)
  count = 0
  sum = 0
  return answer
}

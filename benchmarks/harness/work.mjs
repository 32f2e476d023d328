// The same work for every peer: what is sent, and how it is counted.

export const TEXT = 'x'.repeat(128)

let counter = 0
/** As long as the message ids of oslo.messaging: 32 hex digits. */
export function nextId() {
  counter += 1
  return `0123456789abcdef01234567${counter.toString(16).padStart(8, '0')}`
}

export const request = (text) => JSON.stringify({ request: { method: 'echo', args: { text } }, context: {} })
export const argumentOf = (body) => JSON.parse(body).request.args.text
export const reply = (text) => JSON.stringify({ response: text })
export const resultOf = (body) => JSON.parse(body).response

/** What happened, with what oslo.messaging tells of it. `number`: of the publisher's, for the count at the other end. */
export const notification = (text, number) =>
  JSON.stringify({
    message_id: nextId(),
    publisher_id: 'bench.one',
    event_type: 'bench.happened',
    priority: 'INFO',
    payload: { number, text },
    timestamp: new Date().toISOString(),
  })
export const numberOf = (body) => JSON.parse(body).payload.number

/** The system's clock since it started is one for all processes. */
const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now()
export const milliseconds = () => OFFSET + performance.now()

/** Numbers outside the heap: a peer that does more operations must not look larger for the bench's own notes. */
class Latencies {
  #values = new Float64Array(65_536)
  #count = 0

  push(value) {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = value
  }

  sorted() {
    return this.#values.subarray(0, this.#count).sort()
  }
}

/** Keeps `inFlight` operations going for `milliseconds`; resolves with their latencies, in order of size. */
export async function keepInFlight(operation, inFlight, milliseconds) {
  const latencies = new Latencies()
  const until = performance.now() + milliseconds
  const worker = async () => {
    for (;;) {
      const started = performance.now()
      if (started >= until) return
      await operation()
      latencies.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return latencies.sorted()
}

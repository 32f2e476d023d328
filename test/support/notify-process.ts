// A publisher or a listener in a process of its own, to be killed: `notify-process.js ROLE URL OPTIONS`, with the driver's options as
// JSON. Each line on stdout says one number: of an event that was reported as stored, or of one that was received.
//
// Writing to a pipe is synchronous on the systems that the test runs on: what was said before a SIGKILL is said.

import { createTransport, listenForNotifications, Notifier } from '../../src/index.ts'
import { inFlight } from './flat-memory.ts'

export const TOPIC = 'at-least-once'
export const messageId = (n: number): string => `event-${n}`

const [role, url = '', options = '{}'] = process.argv.slice(2)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

if (role === 'publisher') process.on('message', (numbers: number[]) => void publish(numbers))
if (role === 'listener') await listen()

/** All that it is given, until every one of them is stored. */
async function publish(numbers: readonly number[]): Promise<void> {
  const transport = createTransport(url, { options: JSON.parse(options) })
  const notifier = new Notifier(transport, { publisherId: 'soak', topics: [TOPIC], timeoutMs: 60_000 })
  await inFlight(numbers.length, 64, async (index) => {
    const n = numbers[index] as number
    await notifier.info({ request_id: messageId(n) }, 'counted', { n }, { messageId: messageId(n) })
    say(String(n))
  })
  await notifier.close()
  await transport.close()
  process.disconnect()
}

async function listen(): Promise<void> {
  const transport = createTransport(url, { options: JSON.parse(options) })
  let count = 0
  await listenForNotifications(
    transport,
    { topic: TOPIC },
    [
      {
        info(context, { messageId, payload }) {
          count += 1
          // Some are given back, and come again.
          if (count % 101 === 0) return 'requeue'
          say(`${(payload as { n: number }).n} ${messageId} ${context.request_id}`)
          return 'handled'
        },
      },
    ],
    { requeueDelayMs: 10, readyTimeoutMs: 0 },
  )
  say('READY')
}

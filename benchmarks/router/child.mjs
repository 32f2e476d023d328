import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url))

/** A process of the bench, ready. `port`: where it listens, if it does. */
export async function start(module, role, port) {
  const child = fork(PROCESS, [module, role, ...(port === undefined ? [] : [String(port)])])
  const waiting = []
  child.on('message', (message) => waiting.shift()(message))
  child.on('exit', (code) => {
    if (code !== 0) throw new Error(`the ${role} of ${module} ended with ${code}: the others would wait for it`)
  })
  const answer = () => new Promise((resolve) => waiting.push(resolve))
  const ready = await answer()
  return {
    port: ready.port,
    /** Resolves with its answer. */
    ask(message) {
      child.send(message)
      return answer()
    },
    stop: () => child.send({ command: 'exit' }),
  }
}

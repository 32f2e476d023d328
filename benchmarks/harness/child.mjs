import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url))

/**
 * A process of a benchmark, ready; `module`: a file: URL. `port`: where it listens, if it does. Rejects, and so does `ask`, when
 * it says that it failed or when it ends. `nodeOptions`: for the Node that runs it.
 */
export async function start(module, role, port, nodeOptions = []) {
  const args = [module, role, ...(port === undefined ? [] : [String(port)])]
  const child = fork(PROCESS, args, { execArgv: nodeOptions })
  const waiting = []
  child.on('message', ({ error, ...answer }) => {
    const { resolve, reject } = waiting.shift()
    if (error === undefined) resolve(answer)
    else reject(new Error(error))
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the ${role} of ${module} ended with ${code}`))
  })
  const answer = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    if (child.connected) child.send({ command: 'exit' })
    await ended
  }
  const ready = await answer().catch(async (error) => {
    await stop()
    throw error
  })
  return {
    port: ready.port,
    /** Resolves with its answer. */
    ask(message) {
      const answered = answer()
      child.send(message, (error) => error && child.emit('exit', child.exitCode))
      return answered
    },
    /** Resolves when it has ended, and what it started. */
    stop,
  }
}

// Python's oslo.messaging: both ends are peer.py, which does what it is told in lines of JSON.

import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Program } from '../harness/program.mjs'

const PYTHON = '/usr/bin/python3'
const PEER = fileURLToPath(new URL('peer.py', import.meta.url))

let peer
let lines

async function start(role, port) {
  peer = new Program(PEER, PYTHON, [PEER, role, `amqp://127.0.0.1:${port}`], { PYTHONDONTWRITEBYTECODE: '1' })
  lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  await answer()
}

async function answer() {
  const ended = peer.ended.then((why) => {
    throw new Error(why)
  })
  const { value, done } = await Promise.race([lines.next(), ended])
  if (done) return await ended
  const { error, ...answered } = JSON.parse(value)
  if (error !== undefined) throw new Error(error)
  return answered
}

function ask(command, options) {
  peer.stdin.write(`${JSON.stringify({ command, ...options })}\n`)
  return answer()
}

export const consume = (port) => start('consumer', port)
export const publisher = (port) => start('publisher', port)
export const measure = ({ inFlight, milliseconds }) => ask('measure', { inFlight, milliseconds })
export const allReceived = (published) => ask('received', published)
export const usage = () => peer.usage()
export const stop = () => peer?.stop()

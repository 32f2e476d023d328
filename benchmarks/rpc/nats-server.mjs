// The broker of those who speak NATS: Debian's `nats-server`, or any that is in the PATH.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { freePort } from './free-port.mjs'

const READY_MS = 10_000
/** Linux counts in hundredths of a second, whatever its kernel does. */
const TICK_MICROSECONDS = 10_000

let server

export async function relay() {
  const port = await freePort()
  server = spawn('nats-server', ['--addr', '127.0.0.1', '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  process.on('exit', () => server.kill())
  await isReady()
  return port
}

/** What the broker has used: it is not known but on Linux. */
export function usage() {
  try {
    const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8')
    // After the name, which is in brackets: user and system time are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { cpu: (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS }
  } catch {
    return { cpu: Number.NaN }
  }
}

function isReady() {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nats-server is not ready after ten seconds')), READY_MS)
    let said = ''
    server.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
      if (!said.includes('Server is ready')) return
      clearTimeout(timer)
      server.stderr.removeAllListeners('data').resume()
      resolve()
    })
    server.once('error', ({ code, message }) =>
      reject(new Error(code === 'ENOENT' ? 'there is no nats-server in the PATH' : message)),
    )
    server.once('exit', (code) =>
      reject(new Error(`nats-server ended with ${code}: ${said.trim().split('\n').at(-1)}`)),
    )
  })
}

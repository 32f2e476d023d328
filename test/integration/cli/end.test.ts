// How `omsg` comes to its end: by a signal, by a reader that goes, by a disk that is full.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import {
  failureOf,
  MAIN,
  omsg,
  startListener,
  startOmsg,
  startRouterProgram,
  startServer,
  useRouterProgram,
} from '../../support/omsg.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
const NOWHERE = 'amqp://127.0.0.1:1'

describe('at a signal', { concurrency: 4 }, () => {
  const router = useRouterProgram()
  const serve = (...args: readonly string[]) => startServer(['--url', router.url, '--print', ...args])
  const call = (...args: readonly string[]) =>
    startOmsg(['call', '--url', router.url, '--timeout-ms', '20000', ...args])

  for (const signal of SIGNALS) {
    it(`${signal} router, serve and listen end with 0`, async () => {
      const { program, url } = await startRouterProgram()
      const listener = await startListener(['--url', url])
      const server = await startServer(['--url', url, '--topic', 't', '--server', 's'])
      for (const running of [server, listener, program]) await running.stop(signal)
    })
  }

  it('serve and listen end with 0 before they are ready', async () => {
    for (const args of [['serve', '--topic', 't', '--server', 's'], ['listen']]) {
      const program = startOmsg([...args, '--url', NOWHERE])
      await program.line('stderr', /not connected: .*ECONNREFUSED/)
      const { stdout } = await program.stop()
      assert.deepEqual(stdout, [])
    }
  })

  it('serve lets a call finish, and its caller gets the answer', async () => {
    const server = await serve('--topic', 'drain', '--server', 'one')
    const calling = call('--topic', 'drain', 'sleep', '{"ms": 700}')
    await server.line('stdout', /"sleep"/)
    await server.stop()
    assert.deepEqual(await calling.end(), { code: 0, stdout: ['700'], stderr: [] })
  })

  it('serve ends also on a bus of its own, without any connection', async () => {
    const server = await startServer(['--url', 'memory://', '--topic', 't', '--server', 's'])
    await server.stop()
  })

  it('call waits a little for the answer that is on its way', async () => {
    const server = await serve('--topic', 'soon', '--server', 'one')
    const calling = call('--topic', 'soon', 'sleep', '{"ms": 500}')
    await server.line('stdout', /"sleep"/)
    assert.deepEqual((await calling.stop()).stdout, ['500'])
    await server.stop()
  })

  it('call gives up an answer that does not come, prints none, and ends with 0', async () => {
    const server = await serve('--topic', 'never', '--server', 'one')
    const calling = call('--topic', 'never', 'sleep', '{"ms": 10000}')
    await server.line('stdout', /"sleep"/)
    const ended = await calling.stop('SIGINT')
    assert.deepEqual(ended.stdout, [])
    assert.equal(failureOf(ended).code, 'INTERRUPTED')
    server.kill('SIGKILL')
    await server.ended
  })

  it('cast and notify end with 1: what they had to say did not leave', async (t) => {
    // A peer that takes the connection and says nothing: when it is there, the command is waiting.
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.after(() => silent.close())
    const url = `amqp://127.0.0.1:${(silent.address() as AddressInfo).port}`
    for (const args of [
      ['cast', '--topic', 'nobody', 'm'],
      ['notify', '--topic', 'nobody', 'e', '1'],
    ]) {
      const connected = once(silent, 'connection')
      const program = startOmsg([...args, '--url', url, '--timeout-ms', '20000'])
      const [socket] = (await connected) as [Socket]
      socket.on('error', () => {}).resume()
      program.kill('SIGTERM')
      const ended = await program.end()
      assert.equal(ended.code, 1)
      assert.equal(failureOf(ended).code, 'INTERRUPTED')
    }
  })

  it('that npm and the terminal both pass on, it drains all the same', async () => {
    const server = await serve('--topic', 'twice', '--server', 'one')
    const calling = call('--topic', 'twice', 'sleep', '{"ms": 700}')
    await server.line('stdout', /"sleep"/)
    server.kill('SIGINT')
    await server.stop('SIGINT')
    assert.deepEqual((await calling.end()).stdout, ['700'])
  })
})

describe('without a reader', { concurrency: 4 }, () => {
  const router = useRouterProgram()

  it('listen ends with 0 at the next line', async () => {
    const listener = await startListener(['--url', router.url])
    listener.stopReading()
    assert.equal((await omsg(['notify', '--url', router.url, 'e', '1'])).code, 0)
    assert.equal((await listener.end()).code, 0)
  })

  it('a result that the disk does not take ends with 1', { skip: !existsSync('/dev/full') }, async (t) => {
    const server = await startServer(['--url', router.url, '--topic', 'full', '--server', 'one'])
    t.after(() => server.stop())
    const full = openSync('/dev/full', 'w')
    const args = [MAIN, 'call', '--url', router.url, '--topic', 'full', 'who']
    const child = spawn(process.execPath, args, { stdio: ['ignore', full, 'pipe'] })
    let stderr = ''
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.match(stderr, /"ENOSPC"/)
  })

  it('a notification that the disk does not take is given back', { skip: !existsSync('/dev/full') }, async () => {
    const topic = ['--url', router.url, '--topic', 'kept']
    assert.equal((await omsg(['notify', ...topic, 'e', '1'])).code, 0)
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [MAIN, 'listen', ...topic], { stdio: ['ignore', full, 'ignore'] })
    assert.deepEqual(await once(child, 'close'), [1, null])
    const listener = await startListener([...topic, '--count', '1'])
    assert.equal((await listener.end()).stdout.length, 1)
  })
})

describe('over a lost connection', () => {
  it('listen says so, comes back, and goes on', async () => {
    const first = await startRouterProgram()
    const listener = await startListener(['--url', first.url, '--count', '1', '--option', 'link_retry_delay=1'])
    await first.program.stop()
    await listener.line('stderr', /^not connected: /)
    const second = startOmsg(['router', '--port', first.url.split(':').at(-1) as string])
    await listener.line('stderr', /^connected to /)
    assert.equal((await omsg(['notify', '--url', first.url, 'e', '1'])).code, 0)
    assert.equal((await listener.end()).stdout.length, 1)
    await second.stop()
  })
})

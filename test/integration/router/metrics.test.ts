// The HTTP port of a router, as Prometheus and those who start routers use it, and as others try to.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { type RouterOptions, startRouter } from '../../../src/router/index.ts'
import { readExposition } from '../../support/exposition.ts'
import { Bus, message } from './bus.ts'

async function start(t: TestContext, options: RouterOptions = {}): Promise<{ bus: Bus; url: string }> {
  const bus = await Bus.start(t, { metrics: {}, ...options })
  return { bus, url: bus.router.metricsUrl as string }
}

async function get(url: string, options?: RequestInit): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url, options)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

function dial(t: TestContext, url: string): Socket {
  const socket = connectTcp(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  return socket
}

describe('the metrics of a router', () => {
  it('follow what it does', async (t) => {
    const { bus, url } = await start(t)
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    const collector = await bus.collector({ address: 'x' })
    const sender = await bus.sender({ address: 'x' })
    for (const text of ['a', 'b', 'c']) await sender.send(message(text))
    await collector.count(3)
    const { status, text, headers } = await get(`${url}/metrics`)
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    const { samples } = readExposition(text)
    const value = (series: string) => samples.find((sample) => sample.series === `oslo_router_${series}`)?.value
    assert.deepEqual(
      ['connections', 'consumers', 'producers', 'messages_received_total', 'messages_forwarded_total'].map(value),
      [2, 1, 1, 3, 3],
    )
    assert.equal(value('outcomes_total{outcome="accepted"}'), 3)
  })

  it('are not there unless they are asked for', async (t) => {
    const bus = await Bus.start(t)
    assert.equal(bus.router.metricsUrl, undefined)
  })

  it('keep the router from starting when their port is in use, and leave nothing behind', async (t) => {
    const { url } = await start(t)
    const port = Number(new URL(url).port)
    await assert.rejects(startRouter({ metrics: { port } }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ROUTER_LISTEN')
      assert.match(error.message, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port} for metrics, .*EADDRINUSE`))
      return true
    })
  })

  it('go with the router, also for who is connected', async (t) => {
    const { bus, url } = await start(t)
    const idle = dial(t, url)
    await once(idle, 'connect')
    const closed = once(idle, 'close')
    await bus.router.close()
    await closed
    await assert.rejects(fetch(`${url}/livez`))
  })

  it('are not kept back by a port of the router that is in use', async (t) => {
    const { bus, url } = await start(t)
    const free = await startRouter({ metrics: {} })
    await free.close()
    const options = { port: bus.router.port, metrics: { port: Number(new URL(free.metricsUrl as string).port) } }
    await assert.rejects(startRouter(options), { code: 'ROUTER_LISTEN' })
    await assert.rejects(fetch(`${free.metricsUrl}/livez`))
    assert.equal((await get(`${url}/livez`)).status, 200)
  })
})

describe('the health of a router', () => {
  it('is told: it lives, and it is ready', async (t) => {
    const { url } = await start(t)
    assert.deepEqual(
      [await get(`${url}/livez`), await get(`${url}/readyz?verbose`)].map(({ status, text }) => [status, text]),
      [
        [200, 'ok\n'],
        [200, 'ready\n'],
      ],
    )
  })

  it('is not ready while it drains, and lives', async (t) => {
    const { bus, url } = await start(t, { drainTimeoutMs: 60_000 })
    let finish: (() => void) | undefined
    const taken = new Promise<void>((resolve) => {
      const onDelivery = (delivery: { accept(): void }) => {
        finish = () => delivery.accept()
        resolve()
      }
      void bus.receiver({ address: 'slow', onDelivery })
    })
    const sender = await bus.sender({ address: 'slow' })
    const sent = sender.send(message('work'))
    await taken
    const closed = bus.router.close()
    assert.deepEqual(
      [await get(`${url}/readyz`), await get(`${url}/livez`)].map(({ status, text }) => [status, text]),
      [
        [503, 'draining\n'],
        [200, 'ok\n'],
      ],
    )
    finish?.()
    assert.equal((await sent).type, 'accepted')
    await closed
  })
})

describe('whoever asks for something else', () => {
  it('hears what there is, and what may be done', async (t) => {
    const { url } = await start(t)
    for (const path of ['', '/', '/metrics/', '/constructor', '/%2e%2e/etc/passwd', '/livez%00'])
      assert.equal((await get(`${url}${path}`)).status, 404, path)
    const posted = await get(`${url}/metrics`, { method: 'POST', body: 'x'.repeat(100_000) })
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD'])
    const head = await get(`${url}/metrics`, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text], [200, ''])
    assert.ok(Number(head.headers.get('content-length')) > 500)
  })

  it('is sent away with headers without end, or with what is no HTTP', async (t) => {
    const { url } = await start(t)
    for (const text of [`GET /livez HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'AMQP\0\u0001\0\0rubbish\r\n\r\n']) {
      const socket = dial(t, url)
      socket.resume()
      socket.write(text)
      await once(socket, 'close')
    }
    assert.equal((await get(`${url}/livez`)).status, 200)
  })

  it('does not hold more than 64 connections: the oldest makes room, and who asks at once is answered', async (t) => {
    const { url } = await start(t)
    const [first, ...others] = Array.from({ length: 64 }, () => dial(t, url))
    await Promise.all([first, ...others].map((socket) => once(socket as Socket, 'connect')))
    const closed = once(first as Socket, 'close')
    assert.equal((await get(`${url}/livez`)).status, 200)
    await closed
    for (const socket of others) socket.destroy()
  })

  it('gets one page for a connection, whatever else it sends before it has read that', async (t) => {
    const { url } = await start(t)
    const socket = dial(t, url)
    await once(socket, 'connect')
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1_000))
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += String(chunk)
    })
    socket.on('error', () => {})
    await once(socket, 'close')
    assert.ok(text.split('HTTP/1.1 ').length <= 2, 'one answer at most')
    assert.equal((await get(`${url}/livez`)).status, 200)
  })
})

// Records the conversations of test/vectors/conversations/, which the fuzzer bends (test/support/conversations.ts): what client and
// server said to each other, in the order in which a relay between them heard it. One end at least is ours; the other is ours,
// rhea, or qpid-proton where Python has it.
//
//   npm run build && node scripts/record-conversations.mjs
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import rhea from 'rhea'

const { connect, listen } = await import('../dist/amqp/index.js')
const { createTransport, RpcClient, serveRpc } = await import('../dist/index.js')
const { startRouter } = await import('../dist/router/index.js')

const FOLDER = 'test/vectors/conversations'
const OURS = `oslo-messaging ${JSON.parse(readFileSync('package.json', 'utf8')).version}`
const RHEA = `rhea ${JSON.parse(readFileSync('node_modules/rhea/package.json', 'utf8')).version}`
const PROTON = 'qpid-proton (Python)'
const HOST = '127.0.0.1'
/** Long enough for several frames of 512 bytes. */
const BIG = 'abcdefghij'.repeat(150)

const text = (value) => ({ body: { type: 'value', value } })
const textOf = ({ message: { body } }) => (body?.type === 'value' && typeof body.value === 'string' ? body.value : '')
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function until(condition) {
  while (!condition()) await turn()
}

/** A relay to `port` that writes down what goes through it: a conversation for each connection. */
async function relayTo(port) {
  const conversations = []
  const server = createServer({ noDelay: true }, (client) => {
    const chunks = []
    conversations.push(chunks)
    const upstream = connectTcp({ host: HOST, port, noDelay: true })
    const pass = (from, source, target) => {
      source.on('data', (chunk) => {
        const last = chunks.at(-1)
        if (last?.from === from) last.hex += chunk.toString('hex')
        else chunks.push({ from, hex: chunk.toString('hex') })
        target.write(chunk)
      })
      source.on('end', () => target.end())
      source.on('error', () => target.destroy())
    }
    pass('client', client, upstream)
    pass('server', upstream, client)
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  return { port: server.address().port, conversations, close: () => server.close() }
}

/** Answers by what the text of a message says. */
function answer(delivery) {
  const what = textOf(delivery)
  if (what === 'release') delivery.release()
  else if (what === 'reject') delivery.reject({ condition: 'my:reason', description: 'not this one' })
  else if (what === 'modify') delivery.modify({ deliveryFailed: true, messageAnnotations: new Map([['x-opt-n', 1]]) })
  else delivery.accept()
}

/** Takes what is sent, and gives two messages to whoever receives. */
function onLink(request) {
  const address = request.source?.address ?? request.target?.address
  if (address === 'nowhere')
    return request.refuse({ condition: 'amqp:not-found', description: 'there is no such node' })
  if (request.role === 'sender') return request.acceptReceiver({ creditWindow: 8, onDelivery: answer })
  const sender = request.acceptSender({ source: { ...request.source, address: address ?? 'made-for-you' } })
  for (const value of ['one', BIG]) sender.send(text(value), { timeoutMs: 60_000 }).catch(() => {})
}

/** Between a listener of ours and whatever `client` does at that port. */
async function withListener(options, client) {
  const listener = await listen({ containerId: 'listener', onLink, ...options })
  const relay = await relayTo(listener.port)
  await client(relay.port)
  await until(() => listener.connections.size === 0)
  await listener.close()
  relay.close()
  return relay.conversations
}

const ours = (port, options = {}) => connect({ host: HOST, port, containerId: 'client', ...options })

/** A session of ours, ended and closed in order when `work` is done. */
const session = (options, work) => async (port) => {
  const connection = await ours(port, options)
  const one = await connection.openSession()
  await work(one, connection)
  await one.end()
  await connection.close()
}

async function sendAll(one, name, bodies, options) {
  const sender = await one.attachSender({ name, address: 'queue' })
  for (const body of bodies) await sender.send(text(body), options)
  await sender.detach()
}

async function receiveAll(one, name, count, options = {}) {
  let seen = 0
  const onDelivery = (delivery) => {
    seen += 1
    delivery.accept()
  }
  const receiver = await one.attachReceiver({ name, address: 'queue', creditWindow: 4, onDelivery, ...options })
  await until(() => seen === count)
  await turn()
  return receiver
}

const OUTCOMES = ['accept', 'release', 'reject', 'modify']

const OWN_SCENARIOS = {
  'ours-plain': {
    client: session({ idleTimeoutMs: 60_000, properties: { product: 'recorder' } }, async (one) => {
      await sendAll(one, 'up', OUTCOMES)
      await sendAll(one, 'settled', ['a', 'b'], { settled: true })
      await (await receiveAll(one, 'down', 2)).detach()
    }),
  },
  'ours-frames': {
    listen: { maxFrameSize: 512 },
    client: session({ maxFrameSize: 512 }, async (one, connection) => {
      const two = await connection.openSession()
      await Promise.all([one, two].map((each, n) => sendAll(each, `up-${n}`, [BIG, BIG])))
      await Promise.all([receiveAll(one, 'down-0', 2), receiveAll(two, 'down-1', 2), receiveAll(two, 'down-2', 2)])
      await two.end()
    }),
  },
  'ours-sasl-plain': {
    listen: { sasl: { authenticate: (_, name, password) => name === 'alice' && password === 'secret' } },
    client: session({ sasl: { username: 'alice', password: 'secret' } }, (one) => sendAll(one, 'up', ['accept'])),
  },
  'ours-sasl-anonymous': {
    client: session({ sasl: {} }, (one) => receiveAll(one, 'down', 2)),
  },
  'ours-drain': {
    client: session({}, async (one) => {
      const receiver = await receiveAll(one, 'down', 0, { creditWindow: 0 })
      receiver.addCredit(10)
      await receiver.drain()
      receiver.addCredit(5)
      receiver.withdrawCredit()
      await receiver.detach({ closed: false })
    }),
  },
  'ours-dynamic': {
    client: session({}, async (one) => {
      const receiver = await receiveAll(one, 'down', 2, { address: undefined, source: { dynamic: true } })
      assert.equal(receiver.remoteSource.address, 'made-for-you')
      await assert.rejects(one.attachReceiver({ name: 'refused', address: 'nowhere' }))
      await assert.rejects(one.attachSender({ name: 'refused-too', address: 'nowhere' }))
      await receiver.detach({ error: { condition: 'amqp:resource-deleted', description: 'it is gone' } })
    }),
  },
  'ours-second': {
    client: session({}, async (one) => {
      const sender = await one.attachSender({ name: 'up', address: 'queue', rcvSettleMode: 1 })
      for (const value of OUTCOMES) await sender.send(text(value))
      await receiveAll(one, 'down', 2, { rcvSettleMode: 1 })
    }),
  },
}

/** Our client at a rhea server that takes and gives the same. */
async function rheaServer() {
  const container = rhea.create_container({ id: 'rhea', autoaccept: false })
  container.on('error', () => {})
  container.on('disconnected', () => {})
  container.on('receiver_open', ({ receiver }) => receiver.set_target({ address: receiver.target.address }))
  container.on('sender_open', ({ sender }) => sender.set_source({ address: sender.source.address ?? 'made-for-you' }))
  container.on('sender_draining', ({ sender }) => sender.set_drained(true))
  container.on('sendable', ({ sender }) => {
    if (sender.given) return
    sender.given = true
    for (const body of ['one', BIG]) sender.send({ body })
  })
  container.on('message', ({ message, delivery }) => {
    if (message.body === 'release') delivery.release()
    else if (message.body === 'reject') delivery.reject({ condition: 'my:reason', description: 'no' })
    else if (message.body === 'modify') delivery.modified({ delivery_failed: true })
    else delivery.accept()
  })
  const server = container.listen({ port: 0, host: HOST, max_frame_size: 512 })
  await once(server, 'listening')
  return { port: server.address().port, close: () => server.close() }
}

async function rheaClient(port) {
  const connection = rhea
    .create_container({ id: 'rhea' })
    .connect({ host: HOST, port, reconnect: false, username: 'anonymous', max_frame_size: 512 })
  const sender = connection.open_sender('queue')
  await once(sender, 'sendable')
  let settled = 0
  connection.on('settled', () => {
    settled += 1
  })
  for (const body of [...OUTCOMES, BIG]) sender.send({ body })
  const receiver = connection.open_receiver({ source: { address: '', dynamic: true }, credit_window: 0, name: 'down' })
  let received = 0
  receiver.on('message', () => {
    received += 1
  })
  await once(receiver, 'receiver_open')
  receiver.add_credit(5)
  receiver.drain_credit()
  await until(() => settled === OUTCOMES.length + 1 && received === 2)
  receiver.close()
  sender.close()
  connection.close()
  await once(connection, 'connection_close')
}

function proton(...args) {
  const env = { ...process.env, PROTON_PEER_BIG: String(BIG.length), PYTHONDONTWRITEBYTECODE: '1' }
  const child = spawn('/usr/bin/python3', ['test/peers-amqp/proton_peer.py', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, lines: createInterface({ input: child.stdout }) }
}

async function protonClient(port, ...credentials) {
  const { child } = proton('client', String(port), ...credentials)
  const [status] = await once(child, 'exit')
  assert.equal(status, 0)
}

async function protonServer() {
  const { child, lines } = proton('server')
  const [line] = await once(lines, 'line')
  return { port: JSON.parse(line).port, close: () => child.kill() }
}

/** Takes, gives, drains: what every server here can do. */
const atForeignServer = session({ sasl: {}, maxFrameSize: 512 }, async (one) => {
  await sendAll(one, 'up', [...OUTCOMES, BIG])
  const receiver = await receiveAll(one, 'down', 0, {
    address: undefined,
    source: { dynamic: true },
    creditWindow: 0,
  })
  receiver.addCredit(5)
  await receiver.drain()
  await receiver.detach()
})

async function withForeignServer(server, client) {
  const relay = await relayTo(server.port)
  await client(relay.port)
  server.close()
  relay.close()
  return relay.conversations
}

/** A call, a failing call and a cast; the router is in the middle, so there are two conversations with it. */
async function rpc() {
  const router = await startRouter({ containerId: 'router' })
  const relay = await relayTo(router.port)
  const transport = (name) => createTransport(`amqp://${HOST}:${relay.port}?container_name=${name}`)
  const [serving, calling] = [transport('server'), transport('client')]
  const fail = () => {
    throw new RangeError('out of range')
  }
  const endpoint = { echo: (_, { value }) => value, fail }
  const server = await serveRpc(serving, { topic: 'topic', server: 'server' }, [endpoint])
  const client = new RpcClient(calling, { topic: 'topic' })
  assert.equal(await client.call({ user: 'ada' }, 'echo', { value: 7 }), 7)
  assert.equal(await client.call({}, 'echo', { value: BIG }), BIG)
  await assert.rejects(client.call({}, 'fail', {}))
  await client.cast({}, 'echo', { value: 1 })
  await client.prepare({ fanout: true }).cast({}, 'echo', { value: 2 })
  await server.stop()
  await Promise.all([serving.close(), calling.close()])
  await router.close()
  relay.close()
  return relay.conversations
}

function write(name, client, server, chunks) {
  const lines = chunks.map((chunk) => `    ${JSON.stringify(chunk)}`)
  const head = [`  "name": "${name}"`, `  "client": "${client}"`, `  "server": "${server}"`]
  writeFileSync(join(FOLDER, `${name}.json`), `{\n${head.join(',\n')},\n  "chunks": [\n${lines.join(',\n')}\n  ]\n}\n`)
  const bytes = chunks.reduce((sum, { hex }) => sum + hex.length / 2, 0)
  console.log(`${name.padEnd(22)} ${String(chunks.length).padStart(4)} chunks ${String(bytes).padStart(6)} bytes`)
}

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
for (const [name, { listen: options, client }] of Object.entries(OWN_SCENARIOS)) {
  const [chunks] = await withListener(options, client)
  write(name, OURS, OURS, chunks)
}
const [server, client] = await rpc()
write('rpc-server', OURS, `${OURS} router`, server)
write('rpc-client', OURS, `${OURS} router`, client)
write('rhea-client', RHEA, OURS, (await withListener({ maxFrameSize: 512 }, rheaClient))[0])
write('rhea-server', OURS, RHEA, (await withForeignServer(await rheaServer(), atForeignServer))[0])
const authenticate = (_, name, password) => name === 'alice' && password === 'secret'
const asAlice = (port) => protonClient(port, 'alice', 'secret')
write(
  'proton-client',
  PROTON,
  OURS,
  (await withListener({ maxFrameSize: 512, idleTimeoutMs: 60_000 }, protonClient))[0],
)
write('proton-client-plain', PROTON, OURS, (await withListener({ sasl: { authenticate } }, asAlice))[0])
write('proton-server', OURS, PROTON, (await withForeignServer(await protonServer(), atForeignServer))[0])
process.exit(0)

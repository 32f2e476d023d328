// qpid-proton's Python at both ends of `omsg router`.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { useRouterProgram } from '../support/omsg.ts'
import { Program } from '../support/program.ts'
import { noPythonPeers, PYTHON } from '../support/python-peers.ts'
import { ROOT } from '../support/source-files.ts'

/** As the program names them. */
const TYPES = [
  ...['null', 'boolean', 'ubyte', 'ushort', 'uint', 'ulong', 'byte', 'short', 'int', 'long', 'float', 'double'],
  ...['decimal32', 'decimal64', 'decimal128', 'char', 'timestamp', 'uuid', 'binary', 'string', 'symbol'],
  ...['list', 'map', 'array', 'described', 'data and sequence', 'message-id'],
]

interface RoundTrip {
  readonly type: string
  readonly count: number
  /** Where it stood, what was sent, what came. */
  readonly wrong: readonly string[][]
}

describe('qpid-proton at both ends of the router', { skip: noPythonPeers }, () => {
  const router = useRouterProgram()

  /** What it says, one object a line; it has to end well. */
  async function proton(what: string, ...args: readonly string[]): Promise<unknown[]> {
    const { port } = new URL(router.url)
    const program = new Program(PYTHON, [join(ROOT, 'test/peers-amqp/proton_round_trips.py'), what, port, ...args])
    const { code, stdout, stderr } = await program.end()
    assert.equal(code, 0, stderr.join('\n'))
    return stdout.map((line) => JSON.parse(line))
  }

  it('gets back every type as it was, in bodies, annotations and application properties', async () => {
    const all = (await proton('types')) as RoundTrip[]
    assert.deepEqual(
      all.map(({ type }) => type),
      TYPES,
    )
    for (const { type, count, wrong } of all) {
      assert.ok(count > 0, type)
      assert.deepEqual(wrong, [], type)
    }
  })

  it('gets back messages of 10 MB', async () => {
    assert.deepEqual(await proton('large'), [{ large: 3, same: true }])
  })

  it('has a thousand receivers and a thousand senders on one connection', async () => {
    assert.deepEqual(await proton('links', '1000'), [{ links: 1_000, same: true }])
  })

  it('calls over a thousand connections', async () => {
    assert.deepEqual(await proton('connections', '1000'), [{ connections: 1_000, same: true }])
  })
})

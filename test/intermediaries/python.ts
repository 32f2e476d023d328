// Python's oslo.messaging at the other end, as it is, with its defaults; where it cannot work so, with what it needs.

import assert from 'node:assert/strict'
import { noPythonPeers, runPeer, startPeer } from '../support/python-peers.ts'
import { type Scenario, Untested } from './scenario.ts'
import type { Stage } from './stage.ts'

const VALUE = 'žluťoučký 🐎'

/** The flags of a peer, the url for our side, and what there is to remark. */
function around({ intermediary, topic }: Stage): { flags: string[]; url: string; remark: string | undefined } {
  // Where nothing is said for Python, options in the URL are for our side: its driver knows others.
  const plain = { url: intermediary.url.replace(/\?.*$/, ''), options: {}, remark: undefined }
  const { url, options, remark } = intermediary.python ?? plain
  const told = Object.entries(options).flatMap(([name, value]) => ['--opt', `${name}=${value}`])
  return { flags: ['--url', url, '--topic', topic, ...told], url: intermediary.python?.url ?? intermediary.url, remark }
}

export const PYTHON_PEERS: readonly Scenario[] = [
  {
    title: "Python's client calls our server",
    async play(stage) {
      if (noPythonPeers) throw new Untested(noPythonPeers)
      const { flags, url, remark } = around(stage)
      await stage.serve('one', { echo: (_: object, { value }: { value?: unknown }) => value }, {}, stage.open(url))
      const call = ['--timeout', '10', 'echo', JSON.stringify({ value: VALUE })]
      const { ok, result, error } = await runPeer('rpc_client', [...flags, ...call])
      assert.deepEqual([ok, result], [true, VALUE], `the client saw ${error}`)
      return remark
    },
  },
  {
    title: "our client calls Python's server",
    async play(stage) {
      if (noPythonPeers) throw new Untested(noPythonPeers)
      const { flags, url, remark } = around(stage)
      stage.keep(await startPeer('rpc_server', [...flags, '--server', 'one']))
      const client = stage.client({ timeoutMs: 15_000 }, stage.open(url))
      assert.equal(await client.call({}, 'echo', { value: VALUE }), VALUE)
      return remark
    },
  },
]

// Python's oslo.messaging at the other end, as it is, with its defaults.

import assert from 'node:assert/strict'
import { noPythonPeers, runPeer, startPeer } from '../support/python-peers.ts'
import { type Scenario, Untested } from './scenario.ts'

const VALUE = 'žluťoučký 🐎'

export const PYTHON_PEERS: readonly Scenario[] = [
  {
    title: "Python's client calls our server",
    async play(stage) {
      if (noPythonPeers) throw new Untested(noPythonPeers)
      await stage.serve('one', { echo: (_: object, { value }: { value?: unknown }) => value })
      const flags = ['--url', stage.url, '--topic', stage.topic, '--timeout', '10']
      const { ok, result, error } = await runPeer('rpc_client', [...flags, 'echo', JSON.stringify({ value: VALUE })])
      assert.deepEqual([ok, result], [true, VALUE], `the client saw ${error}`)
    },
  },
  {
    title: "our client calls Python's server",
    async play(stage) {
      if (noPythonPeers) throw new Untested(noPythonPeers)
      const flags = ['--url', stage.url, '--topic', stage.topic, '--server', 'one']
      stage.keep(await startPeer('rpc_server', flags))
      assert.equal(await stage.client({ timeoutMs: 15_000 }).call({}, 'echo', { value: VALUE }), VALUE)
    },
  },
]

// Virtual hosts, and the ways in: TLS and a password.

import assert from 'node:assert/strict'
import { formatTransportUrl, parseTransportUrl } from '../../src/index.ts'
import type { Scenario } from './scenario.ts'
import { Untested } from './scenario.ts'
import type { Stage } from './stage.ts'

/** The same topic in two virtual hosts: who is called is the server of the caller's. */
async function apart(
  stage: Stage,
  hosts: readonly string[],
  query: Readonly<Record<string, string>> = {},
): Promise<void> {
  const url = parseTransportUrl(stage.url)
  const urlOf = (virtualHost: string): string =>
    formatTransportUrl({ ...url, virtualHost, query: { ...url.query, ...query } })
  for (const host of hosts) await stage.serve('one', { who: () => host }, {}, stage.open(urlOf(host)))
  // In an order in which no two servers that share them would answer in turn.
  for (const host of [...hosts, ...hosts.toReversed(), ...hosts])
    assert.equal(await stage.client({}, stage.open(urlOf(host))).call({}, 'who'), host, `virtual host ${host}`)
}

export const HOSTS: readonly Scenario[] = [
  {
    title: 'virtual host, as a part of the addresses',
    play: (stage) => apart(stage, ['blue', 'green']),
  },
  {
    title: 'virtual host, as the name of the host (`pseudo_vhost=false`)',
    async play(stage) {
      const { virtualHosts } = stage.intermediary
      if (!virtualHosts) throw new Untested('the names of its virtual hosts are not known')
      await apart(stage, virtualHosts, { pseudo_vhost: 'false' })
    },
  },
  {
    title: 'PLAIN and TLS',
    async play(stage) {
      const { secured } = stage.intermediary
      if (!secured) throw new Untested('there is no way in with TLS and a password')
      const options = { ssl_ca_file: secured.certificate, sasl_mechanisms: 'PLAIN' }
      await stage.serve('one', { who: () => 'one' }, {}, stage.open(secured.url, options))
      assert.equal(await stage.client({}, stage.open(secured.url, options)).call({}, 'who'), 'one')
      const wrong = new URL(secured.url)
      wrong.password = 'wrong'
      const intruder = stage.client({ timeoutMs: 3_000 }, stage.open(wrong.href, options))
      await assert.rejects(intruder.call({}, 'who'), 'a wrong password lets nobody in')
    },
  },
]

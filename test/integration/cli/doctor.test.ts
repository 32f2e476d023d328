// omsg doctor, as a process: what it prints and how it ends.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failureOf, omsg, useRouterProgram } from '../../support/omsg.ts'

describe('omsg doctor', { concurrency: 4 }, () => {
  const router = useRouterProgram()

  it('prints a report and the verdict, and ends with 0 where all works', async () => {
    const { code, stdout, stderr } = await omsg(['doctor', router.url, '--timeout-ms', '2000'])
    assert.deepEqual([code, stderr], [0, []])
    const text = stdout.join('\n')
    assert.match(text, /^Connection\n {2}ok {4}connection .*^RPC$.*^ {2}ok {4}call to one server .*^Notifications$/ms)
    assert.match(text, /^Left behind: on a broker, queues and topics with omsg-doctor in their names/m)
    assert.equal(stdout.at(-1), 'RPC would work, notifications would work.')
  })

  it('prints one JSON object for each host with --json', async () => {
    const { code, stdout } = await omsg(['doctor', '--json', '--timeout-ms', '2000'], { env: { OMSG_URL: router.url } })
    const { rpc, notifications, profile, findings } = JSON.parse(stdout.join('\n'))
    assert.deepEqual([code, rpc, notifications, profile], [0, true, true, 'router'])
    assert.ok(findings.length > 8)
  })

  it('ends with 1 where not all would work, and says so on stderr', async () => {
    const ended = await omsg(['doctor', 'amqp://joe:s3cret@127.0.0.1:1'])
    assert.equal(ended.code, 1)
    const { code, message } = failureOf(ended)
    assert.deepEqual([code, message], ['BUS_NOT_USABLE', 'not all would work over amqp://***@127.0.0.1:1/'])
    assert.match(ended.stdout.join('\n'), /no {4}connection .*ECONNREFUSED.*Nobody let us in/s)
    assert.ok(!ended.stdout.join('\n').includes('s3cret'))
  })

  it('is not used without a URL, nor with one that has none to examine', async () => {
    for (const url of [[], ['memory://x'], ['amqp://h:port']]) {
      const { code, stdout } = await omsg(['doctor', ...url], { env: { OMSG_URL: '' } })
      assert.deepEqual([code, stdout], [2, []])
    }
  })
})

// Python oslo.messaging's own functional test-suite, as Debian ships it, through `omsg router`: every test of it that is for
// amqp:// URLs has to pass, and no other number of tests may have run.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RouterProgram, startRouterProgram } from '../support/omsg.ts'
import type { Program } from '../support/program.ts'
import { type FunctionalResult, noFunctionalSuite, startFunctionalSuite } from '../support/python-peers.ts'

/** What runs it: how oslo.messaging writes its addresses, and what more the router is told. */
const RUNS = [
  { title: 'routable addresses', mode: 'routable', router: [] },
  { title: 'legacy addresses', mode: 'legacy', router: [] },
  { title: '--as qpid-cpp', mode: 'dynamic', router: ['--as', 'qpid-cpp'] },
] as const

/** In the order in which pytest runs them. */
const PASS = [
  'CallTestCase.test_bad_endpoint',
  'CallTestCase.test_different_exchanges',
  'CallTestCase.test_endpoint_version_namespace',
  'CallTestCase.test_exception',
  'CallTestCase.test_monitor_long_call',
  'CallTestCase.test_server_in_group',
  'CallTestCase.test_specific_server',
  'CallTestCase.test_timeout',
  'CallTestCase.test_timeout_with_concurrently_queues',
  'CastTestCase.test_fanout',
  'CastTestCase.test_specific_server',
  'NotifyTestCase.test_all_categories',
  'NotifyTestCase.test_compression',
  'NotifyTestCase.test_independent_topics',
  'NotifyTestCase.test_multiple_topics',
  'NotifyTestCase.test_simple',
  'NotifyTestCase.test_simple_batch',
]

/** Those that skip themselves for amqp:// URLs, and why they say they do. */
const SKIP = [
  { test: 'CallTestCase.test_mandatory_call', reason: 'backend does not support call monitoring' },
  { test: 'CastTestCase.test_server_in_group', reason: 'QPID-6307' },
  { test: 'NotifyTestCase.test_multiple_servers', reason: 'QPID-6307' },
]

/** The suite sleeps most of its time: its runs do not get into each other's way. */
describe("oslo.messaging's functional tests", { skip: noFunctionalSuite, concurrency: RUNS.length }, () => {
  for (const { title, mode, router: flags } of RUNS) {
    describe(title, () => {
      let router: RouterProgram
      let suite: Program
      before(async () => {
        router = await startRouterProgram(...flags)
        suite = startFunctionalSuite(router.url, mode)
      })
      after(async () => {
        suite.kill('SIGKILL')
        await router.program.stop()
      })

      /** When one takes too long, the ones behind it need not be waited for. */
      const resultOf = async (test: string): Promise<FunctionalResult> => {
        try {
          const [result] = await suite.objects<FunctionalResult>(1, (one) => one.test === test)
          return result as FunctionalResult
        } catch (error) {
          suite.kill('SIGKILL')
          throw error
        }
      }

      for (const test of PASS)
        it(`${test} passes`, async () => {
          const { outcome, detail } = await resultOf(test)
          assert.equal(outcome, 'passed', detail)
        })

      it(`${SKIP.length} more skip themselves, and there are no others`, async (t) => {
        const { code, stdout, stderr } = await suite.ended
        const all = stdout.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as FunctionalResult)
        const by = (outcome: FunctionalResult['outcome']) => all.filter((one) => one.outcome === outcome)
        for (const { test, reason } of SKIP) assert.match((await resultOf(test)).detail, new RegExp(reason), test)
        const [passed, skipped, failed] = [by('passed'), by('skipped'), by('failed')]
        t.diagnostic(`${title}: ${passed.length} passed, ${skipped.length} skipped, ${failed.length} failed`)
        assert.deepEqual(passed.map(({ test }) => test).sort(), PASS)
        assert.deepEqual(skipped.map(({ test }) => test).sort(), SKIP.map(({ test }) => test).sort())
        assert.deepEqual(failed, [])
        assert.equal(code, 0, stderr.join('\n'))
      })
    })
  }
})

// The programs of docs/guide/amqp.md run in plain JavaScript, and print what the page says.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startRouter } from '../../src/router/index.ts'
import { certificate } from '../support/certificate.ts'
import { GuideFolder, type GuideProgram, programsOf } from '../support/guide-programs.ts'
import { Program } from '../support/program.ts'

const programs = programsOf('docs/guide/amqp.md')
const folder = new GuideFolder(programs, fileURLToPath(new URL('.', import.meta.url)))

/** They meet on a router, so they run together. */
const TOGETHER = ['send.mjs', 'receive.mjs']

const start = (program: GuideProgram, env: Record<string, string> = {}): Program =>
  new Program(process.execPath, [folder.fileOf(program)], {
    cwd: folder.path,
    env: { OSLO_MESSAGING_TRACE: '0', ...env },
  })

async function printsWhatThePageSays(program: GuideProgram, running: Program): Promise<void> {
  const { code, stdout, stderr } = await running.end()
  assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: [], stdout: program.output }, program.name)
}

describe('the programs of the guide "AMQP 1.0 from Node"', () => {
  before(async () => {
    for (const name of ['localhost', 'build-agent']) {
      const { cert, private: key } = await certificate(name)
      folder.write(`${name}-cert.pem`, cert)
      folder.write(`${name}-key.pem`, key)
    }
  })

  after(() => folder.remove())

  it('are there, and the page says of each what it prints', () => {
    assert.ok(programs.length >= 10)
    const silent = programs.filter(({ output }) => output.length === 0)
    assert.deepEqual(
      silent.map(({ name }) => name),
      [],
    )
  })

  it(`${TOGETHER.join(' and ')} meet on a router`, async () => {
    await using router = await startRouter()
    const pair = programs.filter(({ name }) => TOGETHER.includes(name))
    assert.equal(pair.length, TOGETHER.length)
    const running = pair.map((program) =>
      printsWhatThePageSays(program, start(program, { AMQP_PORT: `${router.port}` })),
    )
    await Promise.all(running)
  })

  for (const program of programs.filter(({ name }) => !TOGETHER.includes(name)))
    it(`${program.name} prints what the page says`, () => printsWhatThePageSays(program, start(program)))
})

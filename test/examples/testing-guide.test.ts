// The programs of docs/guide/testing.md fit the types, run, and print what the page says; its table has every effect.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Chaos } from '../../src/testing/chaos.ts'
import { GuideFolder, programsOf } from '../support/guide-programs.ts'
import { Program } from '../support/program.ts'
import { ROOT } from '../support/source-files.ts'

const PAGE = 'docs/guide/testing.md'
const programs = programsOf(PAGE)
const folder = new GuideFolder(programs, fileURLToPath(new URL('.', import.meta.url)))

describe('the guide "Testing an application"', () => {
  after(() => folder.remove())

  it('has programs, and says of each what it prints', () => {
    assert.deepEqual(
      programs.map(({ name, output }) => [name, output.length > 0]),
      ['memory.ts', 'router.ts', 'chaos.ts', 'clock.ts'].map((name) => [name, true]),
    )
  })

  it('has programs that fit the types of the package', () => assert.deepEqual(folder.typeErrors(), []))

  for (const program of programs)
    it(`has ${program.name}, which prints what the page says`, async () => {
      const { code, stdout, stderr } = await new Program(process.execPath, [folder.fileOf(program)]).end()
      assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: [], stdout: program.output })
    })

  it('lists all that chaos can do', () => {
    const page = readFileSync(join(ROOT, PAGE), 'utf8')
    const listed = [...page.matchAll(/^\| `(\w+)\([^|]*\)` \|/gm)].map(([, name]) => name)
    const methods = Object.getOwnPropertyNames(Chaos.prototype).filter(
      (name) => name !== 'constructor' && name !== 'counters',
    )
    assert.deepEqual(listed.sort(), methods.sort())
  })
})

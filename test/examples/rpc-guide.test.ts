// The programs of docs/guide/rpc.md fit the types, run, and print what the page says; its errors are those that there are.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { GuideFolder, programsOf } from '../support/guide-programs.ts'
import { Program } from '../support/program.ts'
import { ROOT } from '../support/source-files.ts'

const PAGE = 'docs/guide/rpc.md'
const programs = programsOf(PAGE)
const folder = new GuideFolder(programs, fileURLToPath(new URL('.', import.meta.url)))

describe('the guide "Calls and casts"', () => {
  after(() => folder.remove())

  it('has programs, and says of each what it prints', () => {
    assert.deepEqual(
      programs.map(({ name, output }) => [name, output.length > 0]),
      ['calls.ts', 'failures.ts', 'long.ts', 'bounded.ts', 'drained.ts'].map((name) => [name, true]),
    )
  })

  it('has programs that fit the types of the package', () => assert.deepEqual(folder.typeErrors(), []))

  for (const program of programs)
    it(`has ${program.name}, which prints what the page says`, async () => {
      const { code, stdout, stderr } = await new Program(process.execPath, [folder.fileOf(program)]).end()
      assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: [], stdout: program.output })
    })

  it('names errors by codes that the reference has', () => {
    const page = readFileSync(join(ROOT, PAGE), 'utf8')
    const reference = readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8')
    const codes = [...page.matchAll(/\| `([A-Z_]{6,})` \|/g)].map(([, code]) => code)
    assert.ok(codes.length >= 4)
    for (const code of codes) assert.ok(reference.includes(`\`${code}\``), code)
  })
})

// What holds for every guide whose programs stand for themselves: that they are there, run, and print what the page says.
// That all of them fit the types: examples/guide-types.test.ts.

import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { GuideFolder, programsOf } from './guide-programs.ts'
import { Program } from './program.ts'

/**
 * To be called in the `describe` of a guide. `names`: the programs of the page, in their order. `files`: what else they find where
 * they run.
 */
export function itRunsThePrograms(page: string, names: readonly string[], files: Record<string, string> = {}): void {
  const programs = programsOf(page)
  // Inside the package, so that they import it by its name.
  const folder = new GuideFolder(programs, fileURLToPath(new URL('.', import.meta.url)))
  for (const [name, text] of Object.entries(files)) folder.write(name, text)
  after(() => folder.remove())

  it('has programs, and says of each what it prints', () => {
    assert.deepEqual(
      programs.map(({ name, output }) => [name, output.length > 0]),
      names.map((name) => [name, true]),
    )
  })

  for (const program of programs)
    it(`has ${program.name}, which prints what the page says`, async () => {
      const running = new Program(process.execPath, [folder.fileOf(program)], { cwd: folder.path })
      const { code, stdout, stderr } = await running.end()
      assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: [], stdout: program.output })
    })
}

// The programs that stand on a page of docs/guide, cut out of it so that the page cannot go stale: as files that run, as sources
// that the compiler reads, and with what the page says they print.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './source-files.ts'

export interface GuideProgram {
  /** As the first line names it: `send.mjs`, `using.ts`. */
  readonly name: string
  readonly code: string
  /** The block without a language that follows it. */
  readonly output: readonly string[]
}

/** Every block of the page that begins with the name of a program, in their order. */
export function programsOf(page: string): GuideProgram[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const blocks = text.matchAll(/```(?:js|ts)\n(\/\/ (\S+\.(?:mjs|ts))\n[\s\S]*?)```\n(?:\n```\n([\s\S]*?)```\n)?/g)
  return [...blocks].map(([, code = '', name = '', output = '']) => ({
    name,
    code,
    output: output.split('\n').slice(0, -1),
  }))
}

/** A folder with the programs, inside the package so that they import it by its name. */
export class GuideFolder {
  readonly path: string
  readonly #programs: readonly GuideProgram[]

  constructor(programs: readonly GuideProgram[], parent: string) {
    this.path = mkdtempSync(join(parent, 'guide-'))
    this.#programs = programs
    for (const { name, code } of programs) {
      this.write(name, code)
      if (name.endsWith('.ts')) this.write(runnable(name), compiled(code))
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text)
  }

  /** What Node runs. */
  fileOf(program: GuideProgram): string {
    return join(this.path, runnable(program.name))
  }

  /** What the compiler reads. */
  get sources(): string[] {
    return this.#programs.map(({ name }) => join(this.path, name))
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}

/**
 * What the compiler has to say about programs, with the types that users get. In JavaScript what has no type is anything; all else is
 * as strict as in TypeScript.
 */
export function typeErrors(sources: readonly string[]): string[] {
  const program = ts.createProgram(sources, {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
    strict: true,
    noImplicitAny: false,
    strictFunctionTypes: false,
    useUnknownInCatchVariables: false,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    skipLibCheck: true,
  })
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
    return `${file?.fileName.split('/').at(-1)}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}

const runnable = (name: string): string => name.replace(/\.ts$/, '.mjs')

/** For Node 20, which has no `using`. */
function compiled(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext }
  return ts.transpileModule(code, { compilerOptions }).outputText
}

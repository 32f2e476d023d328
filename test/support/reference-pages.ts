// What scripts/ makes of the source for docs/reference/, as the tests of the repository see it.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './source-files.ts'

export interface ReferenceTable {
  /** The interface that it is made from. */
  readonly name: string
  readonly members: readonly ReferenceMember[]
}

export interface ReferenceMember {
  readonly name: string
  /** As the comment says; empty when it says nothing. */
  readonly default: string
  readonly meaning: string
}

/** By their paths. */
export async function pagesFromSource(): Promise<ReadonlyMap<string, string>> {
  const { referencePages } = await script<{ referencePages(): ReadonlyMap<string, string> }>('reference-pages.mjs')
  return referencePages()
}

/** The tables of docs/reference/amqp.md. */
export async function tablesOfAmqp(): Promise<readonly ReferenceTable[]> {
  const { amqpTables } = await script<{ amqpTables(): readonly ReferenceTable[] }>('amqp-reference.mjs')
  return amqpTables()
}

/** The scripts are no part of what the tests compile. */
async function script<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(join(ROOT, 'scripts', name)).href)) as T
}

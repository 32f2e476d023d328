// The database behind a durable store: LevelDB, through the package classic-level. It is an optional peer dependency, loaded when
// a store is asked for, so that nobody else needs it.

import { RouterStoreError } from './errors.ts'

export type DatabaseOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: string }

/** What is needed of it. Keys are in the order of their characters. */
export interface Database {
  open(): Promise<void>
  close(): Promise<void>
  /** All or nothing. `sync`: it is on the disk when this resolves. */
  batch(operations: DatabaseOperation[], options: { readonly sync: boolean }): Promise<void>
  iterator(range: { readonly gte: string; readonly lt: string }): AsyncIterable<[string, Buffer]>
}

interface ClassicLevelModule {
  readonly ClassicLevel: new (path: string, options: typeof OPTIONS) => Database
}

const OPTIONS = Object.freeze({ keyEncoding: 'utf8', valueEncoding: 'buffer' } as const)

/** `load` is for tests. @throws RouterStoreError when the package is not installed, or the database cannot be opened. */
export async function openDatabase(
  path: string,
  load: () => Promise<ClassicLevelModule> = () => import('classic-level'),
): Promise<Database> {
  const { ClassicLevel } = await loadPackage(load)
  try {
    const database = new ClassicLevel(path, OPTIONS)
    await database.open()
    return database
  } catch (error) {
    throw unusable(path, error)
  }
}

async function loadPackage(load: () => Promise<ClassicLevelModule>): Promise<ClassicLevelModule> {
  try {
    return await load()
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND'
    const why = missing ? 'which is not installed: npm install classic-level@3' : `which cannot be loaded, ${error}`
    throw new RouterStoreError(`a message store needs the package classic-level, ${why}`, { cause: error })
  }
}

/** Why a store cannot be opened. */
export function unusable(path: string, error: unknown): RouterStoreError {
  const { cause } = error as { cause?: { code?: string; message?: string } }
  if (cause?.code === 'LEVEL_LOCKED') return inUse(path, error)
  const reason = cause?.message ?? (error instanceof Error ? error.message : String(error))
  return new RouterStoreError(`the message store ${path} cannot be opened, ${reason}`, { cause: error })
}

export function inUse(path: string, cause?: unknown): RouterStoreError {
  return new RouterStoreError(`the message store ${path} is in use by another router`, { cause })
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GroupCommit } from '../../../src/router/group-commit.ts'
import type { Database, DatabaseOperation } from '../../../src/router/level-database.ts'
import type { StoreListener } from '../../../src/router/message-store.ts'
import { defectsOf } from '../../support/defects.ts'

interface Batch {
  readonly keys: string[]
  readonly sync: boolean
  finish(): void
  fail(): void
}

/** Writes when it is told to. */
class SteppedDatabase implements Database {
  readonly content = new Map<string, string>()
  readonly batches: Batch[] = []
  opened = 0
  closed = 0
  refusesToOpen = false
  #onBatch: (() => void) | undefined

  open(): Promise<void> {
    if (this.refusesToOpen) return Promise.reject(new Error('no space left'))
    this.opened += 1
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.closed += 1
    return Promise.resolve()
  }

  batch(operations: DatabaseOperation[], { sync }: { readonly sync: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        for (const operation of operations) {
          if (operation.type === 'put') this.content.set(operation.key, operation.value.toString())
          else this.content.delete(operation.key)
        }
        resolve()
      }
      const keys = operations.map(({ type, key }) => (type === 'put' ? key : `-${key}`))
      this.batches.push({ keys, sync, finish, fail: () => reject(new Error('no space left')) })
      this.#onBatch?.()
    })
  }

  async *iterator(): AsyncGenerator<[string, Buffer]> {}

  /** The next batch that is not written yet. */
  async next(): Promise<Batch> {
    if (this.batches.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onBatch = resolve
      })
    }
    return this.batches.shift() as Batch
  }
}

class Told implements StoreListener {
  readonly calls: string[] = []
  readonly #keeps: boolean

  constructor(keeps = false) {
    this.#keeps = keeps
  }

  onStored(): void {
    this.calls.push('stored')
  }

  onStoreFailed(): boolean {
    this.calls.push('failed')
    return this.#keeps
  }
}

const value = Buffer.from('v')
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a group commit', () => {
  it('writes what comes in one turn in one batch, and what comes meanwhile in the next', async () => {
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'test', () => {})
    const told = [new Told(), new Told(), new Told()]
    commit.put('a', value, told[0] as Told)
    commit.put('b', value, told[1] as Told)
    const first = await database.next()
    assert.deepEqual([first.keys, first.sync], [['a', 'b'], true])
    commit.put('c', value, told[2] as Told)
    await settle()
    assert.equal(database.batches.length, 0)
    first.finish()
    const second = await database.next()
    assert.deepEqual(second.keys, ['c'])
    assert.deepEqual(
      told.map(({ calls }) => calls),
      [['stored'], ['stored'], []],
    )
    second.finish()
    await settle()
    assert.deepEqual(told[2]?.calls, ['stored'])
  })

  it('takes what nobody waits for along, or writes it a little later without sync', async () => {
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'test', () => {})
    commit.deleteLazily('old')
    commit.put('a', value, new Told())
    const first = await database.next()
    assert.deepEqual(first.keys, ['-old', 'a'])
    first.finish()
    await settle()
    commit.putLazily('d', value, true)
    commit.deleteLazily('a')
    commit.putLazily('d', Buffer.from('w'), true)
    const second = await database.next()
    assert.deepEqual([second.keys, second.sync], [['-a', 'd'], false])
    second.finish()
    await settle()
    assert.deepEqual([...database.content], [['d', 'w']])
  })

  it('changes what waits at its place, so that it stays before what came after it', async () => {
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'test', () => {})
    commit.amendLazily('q', value, true)
    commit.put('m', value, new Told())
    commit.amendLazily('q', Buffer.from('w'), false)
    const first = await database.next()
    assert.deepEqual(first.keys, ['q', 'm'])
    first.finish()
    await settle()
    assert.equal(database.content.get('q'), 'w')
  })

  it('does not write what is gone before it was written', async () => {
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'test', () => {})
    commit.putLazily('a', value, true)
    commit.deleteLazily('a')
    commit.putLazily('b', value, false)
    commit.deleteLazily('b')
    assert.deepEqual((await database.next()).keys, ['-b'])
  })

  it('limits a batch', async () => {
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'test', () => {})
    const large = Buffer.alloc(9 * 1024 * 1024)
    for (const key of ['a', 'b', 'c']) commit.put(key, large, new Told())
    const first = await database.next()
    assert.deepEqual(first.keys, ['a'])
    first.finish()
    assert.deepEqual((await database.next()).keys, ['b'])
  })

  it('writes everything before it is closed, and nothing afterwards', async () => {
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'test', () => {})
    const told = new Told()
    commit.put('a', value, told)
    commit.putLazily('b', value, true)
    const closed = commit.close()
    const batch = await database.next()
    assert.equal(database.closed, 0)
    batch.finish()
    await closed
    assert.deepEqual([[...database.content.keys()], database.closed, told.calls], [['a', 'b'], 1, ['stored']])
    const late = new Told(true)
    commit.put('c', value, late)
    commit.putLazily('d', value, true)
    commit.deleteLazily('a')
    await settle()
    assert.deepEqual([late.calls, database.batches], [['failed'], []])
  })
})

describe('a group commit that fails', () => {
  it('tells who waits and the operator, takes nothing more, and opens the database anew', async (t) => {
    const defects = defectsOf(t)
    const database = new SteppedDatabase()
    let onUsable = (): void => {}
    const usable = new Promise<void>((resolve) => {
      onUsable = resolve
    })
    const commit = new GroupCommit(database, 'the store', () => onUsable())
    const told = [new Told(false), new Told(true), new Told(false), new Told(true), new Told(false)]
    commit.put('back', value, told[0] as Told)
    commit.put('kept', value, told[1] as Told)
    const first = await database.next()
    commit.put('back too', value, told[2] as Told)
    commit.deleteLazily('old')
    first.fail()
    await settle()
    assert.equal(commit.broken, true)
    assert.deepEqual(
      defects.map(({ where, error }) => `${where}: ${(error as Error).message}`),
      ['the store: no space left'],
    )
    commit.put('kept too', value, told[3] as Told)
    commit.put('late', value, told[4] as Told)
    assert.ok(told.every(({ calls }) => calls.join() === 'failed'))
    await usable
    assert.equal(commit.broken, false)
    assert.deepEqual([database.closed, database.opened], [1, 1])
    const second = await database.next()
    assert.deepEqual(second.keys, ['-back', 'kept', '-old', 'kept too'])
    second.finish()
    await commit.close()
    assert.deepEqual([...database.content.keys()], ['kept', 'kept too'])
  })

  it('forgets what was kept in memory and is gone again', async (t) => {
    defectsOf(t)
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'the store', () => {})
    commit.put('a', value, new Told(true))
    const first = await database.next()
    first.fail()
    await settle()
    commit.put('b', value, new Told(true))
    commit.deleteLazily('b')
    commit.deleteLazily('a')
    assert.deepEqual((await database.next()).keys, ['-a'])
  })

  it('tries again until the database can be opened', async (t) => {
    const defects = defectsOf(t)
    const database = new SteppedDatabase()
    let onUsable = (): void => {}
    const usable = new Promise<void>((resolve) => {
      onUsable = resolve
    })
    const commit = new GroupCommit(database, 'the store', () => onUsable())
    commit.put('a', value, new Told())
    database.refusesToOpen = true
    const first = await database.next()
    first.fail()
    while (defects.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    database.refusesToOpen = false
    await usable
    assert.equal(database.opened, 1)
  })

  it('can be closed all the same', async (t) => {
    defectsOf(t)
    const database = new SteppedDatabase()
    const commit = new GroupCommit(database, 'the store', () => {})
    commit.put('a', value, new Told(true))
    const first = await database.next()
    first.fail()
    await settle()
    await commit.close()
    assert.equal(database.closed, 1)
  })
})

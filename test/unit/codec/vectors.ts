import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The runner stands in the root of the repository; what is compiled elsewhere finds the vectors from there. */
const FOLDER = join(process.cwd(), 'test', 'vectors')

/** The JSON files of test/vectors, or of one of its folders, in the order of their names. */
export function readVectors<T>(folder = ''): T[] {
  return readdirSync(join(FOLDER, folder))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(FOLDER, folder, file), 'utf8')) as T)
}

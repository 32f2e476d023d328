// Distributions of brokers, as Maven Central has them. Each is fetched once, by Maven as the machine has it configured, and kept in a
// cache outside the repository: ${XDG_CACHE_HOME:-~/.cache}/oslo-messaging/intermediaries.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NotHad } from './intermediary.ts'

export interface Distribution {
  readonly group: string
  readonly artifact: string
  readonly version: string
}

const run = promisify(execFile)
const FETCH_MS = 600_000
const UNPACK_MS = 120_000

/** Unpacks it into the folder, and gives the folder in there that holds it. Throws NotHad where it cannot be fetched. */
export async function unpacked(distribution: Distribution, folder: string): Promise<string> {
  const archive = await fetched(distribution)
  const into = await mkdtemp(join(folder, 'distribution-'))
  await run('tar', ['--extract', '--gzip', '--file', archive, '--directory', into], { timeout: UNPACK_MS })
  const [top, ...others] = await readdir(into)
  if (top === undefined || others.length > 0) throw new Error(`${archive}: expected one folder in it`)
  return join(into, top)
}

/** The archive in the cache. It has its name there when all of it is there. */
async function fetched({ group, artifact, version }: Distribution): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'oslo-messaging', 'intermediaries')
  const file = `${artifact}-${version}-bin.tar.gz`
  const archive = join(cache, file)
  if (existsSync(archive)) return archive
  await mkdir(cache, { recursive: true })
  const arriving = await mkdtemp(join(cache, 'arriving-'))
  try {
    await copyByMaven(`${group}:${artifact}:${version}:tar.gz:bin`, arriving)
    await rename(join(arriving, file), archive)
    return archive
  } finally {
    await rm(arriving, { recursive: true, force: true })
  }
}

async function copyByMaven(coordinates: string, folder: string): Promise<void> {
  console.log(`fetching ${coordinates}`)
  const goal = ['dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${folder}`]
  try {
    await run('mvn', ['--quiet', '--batch-mode', '--strict-checksums', ...goal], { timeout: FETCH_MS })
  } catch (error) {
    const { code, stdout = '' } = error as { code?: unknown; stdout?: string }
    if (code === 'ENOENT') throw new NotHad('there is no mvn, with which its distribution is fetched (Debian: maven)')
    // What Maven says names the registry that this machine uses, which is no business of the page.
    console.error(stdout)
    throw new NotHad(`Maven could not fetch ${coordinates}`)
  }
}

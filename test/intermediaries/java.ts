// The Java that a broker runs on.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NotHad } from './intermediary.ts'

/** Where Debian has those that are installed beside the default. */
const INSTALLED = '/usr/lib/jvm'

/** The command of the first Java that is new enough: the one of JAVA_HOME, that of the PATH, any other. Throws NotHad without one. */
export function javaFrom(oldest: number): string {
  const { JAVA_HOME } = process.env
  const others = existsSync(INSTALLED) ? readdirSync(INSTALLED).map((name) => javaIn(join(INSTALLED, name))) : []
  const commands = [...(JAVA_HOME ? [javaIn(JAVA_HOME)] : []), 'java', ...others]
  const found = commands.find((command) => releaseOf(command) >= oldest)
  if (found === undefined)
    throw new NotHad(`there is no Java from ${oldest} on (Debian: openjdk-${oldest}-jre-headless)`)
  return found
}

/** The program that makes keys for it. */
export const keytoolOf = (java: string): string => (java === 'java' ? 'keytool' : join(dirname(java), 'keytool'))

const javaIn = (home: string): string => join(home, 'bin', 'java')

/** `openjdk version "17.0.15"`: 17. Before 9 it was "1.8". What does not run: 0. */
function releaseOf(command: string): number {
  const { stderr } = spawnSync(command, ['-version'], { encoding: 'utf8' })
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(stderr ?? '') ?? []
  return Number((first === '1' ? second : first) ?? 0)
}

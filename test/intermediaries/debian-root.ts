// Another Debian than the machine's, as a folder: made once with debootstrap from the machine's own mirror, kept in a cache outside the
// repository (${XDG_CACHE_HOME:-~/.cache}/oslo-messaging/intermediaries), and never written to by what runs in it.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { NotHad } from './intermediary.ts'

export interface DebianRoot {
  /** `trixie` */
  readonly suite: string
  /** The one package that it is for. */
  readonly package: string
}

const execute = promisify(execFile)
const MAKE_MS = 900_000
const SCRIPTS = '/usr/share/debootstrap/scripts'

/**
 * In name spaces of its own: its mounts and whatever it starts end with it, and it ends with this process, whatever ends that
 * (`--pdeathsig`). Nothing has to be cleaned up.
 */
const APART = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child'] as const

/** The folder of the root. Throws NotHad where it cannot be made. */
export async function debianRoot({ suite, package: name }: DebianRoot): Promise<string> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new NotHad(`only root can make and use a minimal Debian ${suite}, in which ${name} would run`)
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'oslo-messaging', 'intermediaries')
  const root = join(cache, `debian-${suite}-${name}`)
  if (existsSync(root)) return root
  await mkdir(cache, { recursive: true })
  await removeAbandoned(root)
  const arriving = `${root}${ARRIVING}${process.pid}`
  try {
    await mkdir(arriving)
    await make(suite, name, arriving)
    // Not every suite's base-files bring one, and Erlang looks its own host up.
    await writeFile(join(arriving, 'etc/hosts'), '127.0.0.1 localhost\n')
    await rename(arriving, root)
    return root
  } finally {
    await rm(arriving, { recursive: true, force: true })
  }
}

const ARRIVING = '.arriving-'

/** What those have left that were killed while they made the same. */
async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(dirname(root))) {
    const [whole, pid] = name.split(ARRIVING)
    if (whole === basename(root) && pid !== undefined && !existsSync(`/proc/${pid}`))
      await rm(join(dirname(root), name), { recursive: true, force: true })
  }
}

async function make(suite: string, name: string, folder: string): Promise<void> {
  if (!existsSync(SCRIPTS))
    throw new NotHad(`there is no debootstrap, which makes a minimal Debian ${suite} with ${name}`)
  const mirror = await debianMirror()
  console.log(`making a minimal Debian ${suite} with ${name}`)
  // An older debootstrap does not know the names of newer suites, which are made as sid is.
  const script = existsSync(join(SCRIPTS, suite)) ? [] : [join(SCRIPTS, 'sid')]
  const options = ['--variant=minbase', `--include=${name}`]
  try {
    await execute('setpriv', [...APART, 'debootstrap', ...options, suite, folder, mirror, ...script], {
      timeout: MAKE_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1_024 * 1_024,
    })
  } catch (error) {
    // What debootstrap says names the mirror that this machine uses, which is no business of the page.
    console.error((error as { stdout?: string }).stdout?.split('\n').slice(-5).join('\n') ?? error)
    throw new NotHad(`debootstrap could not make a minimal Debian ${suite} with ${name}`)
  }
}

/** Where apt has Debian itself from. */
async function debianMirror(): Promise<string> {
  const format = ['--format', '$(ORIGIN) $(LABEL) $(REPO_URI)', 'Created-By: Packages']
  const { stdout } = await execute('apt-get', ['indextargets', ...format]).catch(() => ({ stdout: '' }))
  const mirror = /^Debian Debian (https?:\S+)$/m.exec(stdout)?.[1]
  if (mirror === undefined) throw new NotHad('apt has no mirror of Debian from which a minimal one could be made')
  return mirror
}

/** Where a program in a root sees the folder that it may write to. */
export const WRITABLE = '/mnt'

const ENTER = [
  'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', // a root is the same for all that run in it
  `mount --bind "$2" "$1${WRITABLE}"`,
  'mount -t proc proc "$1/proc"',
  'mount -t tmpfs tmpfs "$1/tmp"',
  'root=$1 && shift 2 && exec chroot "$root" "$@"',
].join(' && ')

/** Runs a program of the root, which sees `folder` as WRITABLE. SIGKILL ends it, with all that it started. */
export function runInRoot(
  root: string,
  folder: string,
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): ChildProcess {
  const enter = ['sh', '-c', ENTER, 'sh', root, folder, ...command]
  return spawn('setpriv', [...APART, ...enter], { env, stdio: 'ignore', detached: true })
}

// Runs one of the project's own programs with this Node, and ends with its exit status when it fails.
import { spawnSync } from 'node:child_process'

/**
 * `quiet`: what it prints is kept, and shown only when it fails.
 * `telling`: it says itself how it failed.
 */
export function run(program, args, { quiet = false, telling = false, ...options } = {}) {
  const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit'
  const { status, signal, error, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    stdio,
    encoding: 'utf8',
    ...options,
  })
  if (error) throw error
  if (status === 0) return
  if (quiet) process.stderr.write(`${stdout}${stderr}`)
  if (!telling) console.error(`${program} ${args.join(' ')} failed (${signal ?? `exit status ${status}`})`)
  process.exit(status || 1)
}

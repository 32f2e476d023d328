// Runs one of the project's own programs with this Node, and ends with its exit status when it fails.
import { spawnSync } from 'node:child_process'

export function run(program, args, options = {}) {
  const { status, signal, error } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) {
    console.error(`${program} ${args.join(' ')} failed (${signal ?? `exit status ${status}`})`)
    process.exit(status || 1)
  }
}

/** Marks the branch that an exhaustive switch never takes; the compiler checks it, this line only guards against untyped callers. */
export function assertNever(value: never, what: string): never {
  throw new TypeError(`unexpected ${what}: ${String(value)}`)
}

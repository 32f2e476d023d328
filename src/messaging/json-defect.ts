// Finds the place that JSON cannot express, after encoding failed. Slow and careful, so that the encoder need not be.

/** A TypeError such as `value.args[2].done cannot be expressed in JSON: a function`. `toPlain` is the encoder's view of an object. */
export function unencodable(root: unknown, toPlain: (value: object) => unknown, depthLimit: number): TypeError {
  const found = findDefect(root, 'value', [], toPlain, depthLimit)
  return new TypeError(found ?? 'the value cannot be expressed in JSON')
}

interface Ancestor {
  readonly value: object
  readonly path: string
}

function findDefect(
  value: unknown,
  path: string,
  ancestors: readonly Ancestor[],
  toPlain: (value: object) => unknown,
  depthLimit: number,
): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol')
    return `${path} cannot be expressed in JSON: a ${typeof value}`
  if (typeof value !== 'object' || value === null) return undefined
  const cycle = ancestors.find((ancestor) => ancestor.value === value)
  if (cycle) return `${path} cannot be expressed in JSON: it refers back to ${cycle.path}`
  if (ancestors.length >= depthLimit) return `a value nested more than ${depthLimit} levels deep cannot be sent as JSON`
  const plain = Array.isArray(value) ? value : toPlain(value)
  if (plain === undefined) return `${path} cannot be expressed in JSON: ${describe(value)}`
  const inner = [...ancestors, { value, path }]
  if (plain !== value) return findDefect(plain, path, inner, toPlain, depthLimit)
  for (const key of Object.keys(value)) {
    const innerPath = Array.isArray(value) ? `${path}[${key}]` : `${path}${member(key)}`
    const found = findDefect((value as Record<string, unknown>)[key], innerPath, inner, toPlain, depthLimit)
    if (found) return found
  }
  return undefined
}

const member = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`)

function describe(value: object): string {
  if (value instanceof Promise) return 'a promise (is an await missing?)'
  if (value instanceof Uint8Array) return 'bytes that are not UTF-8 text'
  if (value instanceof Date) return 'an invalid Date'
  return value instanceof Map ? 'a Map with a key that is no text, number, boolean or null' : 'an object'
}

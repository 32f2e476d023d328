// Finding an endpoint's method by a name from the wire. It runs none of the endpoint's code: neither getters nor `has`
// traps of ordinary objects, and never reaches what every object inherits.

import { describeValue } from '../support/describe-value.ts'
import { InvalidArgumentError } from './errors.ts'

/** A method of an endpoint. */
export type EndpointMethod = (this: unknown, ...args: never[]) => unknown

/**
 * The function that is an own property of the endpoint or of one of its classes, up to but without Object.prototype;
 * undefined for anything else: accessors, values that are no functions, `constructor`, `__proto__`, `toString`, ….
 */
export function findMethod(endpoint: object, name: string): EndpointMethod | undefined {
  if (name === 'constructor' || name === '__proto__') return undefined
  let holder: object = endpoint
  for (;;) {
    const parent: object | null = Object.getPrototypeOf(holder)
    // The root of a class chain is Object.prototype, of whichever realm.
    if (parent === null && holder !== endpoint) return undefined
    const property = Object.getOwnPropertyDescriptor(holder, name)
    if (property) return typeof property.value === 'function' ? property.value : undefined
    if (parent === null) return undefined
    holder = parent
  }
}

/** Throws InvalidArgumentError unless it is a list of at least one object. */
export function checkEndpoints(endpoints: readonly object[]): void {
  if (!Array.isArray(endpoints))
    throw new InvalidArgumentError(`endpoints: expected an array of objects, not ${describeValue(endpoints)}`)
  if (endpoints.length === 0) throw new InvalidArgumentError('endpoints: expected at least one')
  endpoints.forEach((endpoint: unknown, index) => {
    if (typeof endpoint === 'object' && endpoint !== null) return
    const hint = typeof endpoint === 'function' ? '; a class must be instantiated' : ''
    throw new InvalidArgumentError(
      `endpoints[${index}]: expected an object with methods, not ${describeValue(endpoint)}${hint}`,
    )
  })
}

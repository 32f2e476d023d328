// Plain JavaScript has no compiler that finds a misspelt option. Ignored, `{ sever: 'node-1' }` would go to any server.

import { describeValue } from './describe-value.ts'
import { nearestName } from './nearest-name.ts'

/** What is wrong with the names in `given`, beginning with the place; undefined when all are known. Cheap: it is asked for every message. */
export function namesDefect(place: string, given: object, known: ReadonlySet<string>): string | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return `${place}: expected an object, not ${describeValue(given)}`
  // What is inherited is read as well; but what somebody put on Object.prototype is no option.
  for (const name in given) if (!known.has(name) && !(name in Object.prototype)) return unknownName(place, name, known)
  return undefined
}

function unknownName(place: string, name: string, known: ReadonlySet<string>): string {
  const names = [...known]
  const nearest = nearestName(name, names)
  return `${place}: unknown name "${name}"; ${nearest ? `did you mean "${nearest}"?` : `there are ${names.join(', ')}`}`
}

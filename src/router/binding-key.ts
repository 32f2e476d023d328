// The keys of a topic exchange: words between dots; in a binding `*` stands for one word and `#` for any number of them.

/** Bytes of a key or a name: RabbitMQ's short strings. */
export const MAX_SHORT_STRING = 255

/** The words of a binding's key. Several `#` behind each other are one. */
export const bindingWords = (key: string): readonly string[] =>
  key.split('.').filter((word, n, words) => word !== '#' || words[n - 1] !== '#')

/** Whether a message whose key has these words is for that binding. Costs the product of their numbers at most. */
export function matchesBinding(binding: readonly string[], words: readonly string[]): boolean {
  // ends[n]: the pattern so far can cover the first n words.
  let ends: boolean[] = [true, ...words.map(() => false)]
  for (const token of binding) {
    const next: boolean[] = []
    for (let n = 0; n <= words.length; n++) next.push(covers(token, words, n, ends, next))
    ends = next
  }
  return ends[words.length] === true
}

function covers(
  token: string,
  words: readonly string[],
  n: number,
  ends: readonly boolean[],
  next: readonly boolean[],
): boolean {
  if (token === '#') return ends[n] === true || next[n - 1] === true
  return n > 0 && ends[n - 1] === true && (token === '*' || token === words[n - 1])
}

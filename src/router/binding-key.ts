// The keys of a topic exchange: words between dots; in a binding `*` stands for one word and `#` for any number of them.

/** Whether a message with this key is for that binding. Costs the product of their words at most. */
export function matchesBindingKey(binding: string, key: string): boolean {
  const pattern = binding.split('.')
  const words = key.split('.')
  // ends[n]: the pattern so far can cover the first n words.
  let ends: boolean[] = [true, ...words.map(() => false)]
  for (const token of pattern) {
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

// What comes from the network is shown on terminals, where control characters are commands: none leaves unescaped.

// C0 (with tab, line feed and escape), DEL and C1, the two line separators, and the marks that turn the reading direction.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

/** The text with every control character as `\u00XX`. In JSON text that is still the same JSON. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

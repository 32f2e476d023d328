// What a line of the command may show.

export { printable } from '../support/printable.ts'

// Everything between `//` and the last `@` before the path: `amqp://user:password@host` becomes `amqp://***@host`.
const CREDENTIALS = /(:\/\/)[^\s/"']*@/g

/** The text without the user names and passwords of the URLs in it. */
export const withoutCredentials = (text: string): string => text.replace(CREDENTIALS, '$1***@')

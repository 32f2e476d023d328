// Reading and writing UTF-8 where Node does it, without the checks of arguments and of encoding names that Buffer's documented
// methods make each time: both are called some ten times a message, with numbers that are checked already.
//
// The methods are on every Buffer, but undocumented: where a Node has them no more, the documented ones do the same.

interface NativeText {
  utf8Slice(start: number, end: number): string
  utf8Write(text: string, at: number, length: number): number
}

const native = Buffer.prototype as unknown as Partial<NativeText>

export const readUtf8: (buffer: Buffer, start: number, end: number) => string = native.utf8Slice
  ? (buffer, start, end) => (buffer as unknown as NativeText).utf8Slice(start, end)
  : (buffer, start, end) => buffer.toString('utf8', start, end)

/** Returns the number of bytes; `length`: the room that there is. */
export const writeUtf8: (buffer: Buffer, text: string, at: number, length: number) => number = native.utf8Write
  ? (buffer, text, at, length) => (buffer as unknown as NativeText).utf8Write(text, at, length)
  : (buffer, text, at, length) => buffer.write(text, at, length)

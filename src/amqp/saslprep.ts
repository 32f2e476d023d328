// SASLprep (RFC 4013): user names and passwords that look the same become the same bytes.
//
// Done: what is mapped to a space or to nothing, normalisation to NFKC, and all that is prohibited. Not done: the rule about texts that
// run from right to left and from left to right at once (RFC 3454, section 6), and the refusal of code points that Unicode
// 3.2 did not have; both only refuse, and change no bytes. NFKC is that of Node's own Unicode.

/** Spaces beside the one of ASCII (RFC 3454, table C.1.2). */
const TO_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g

/** Table B.1. */
const TO_NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g

/** Tables C.2.1 to C.9: controls, private use, no characters, halves of pairs, and what changes how others are shown. */
const PROHIBITED = new RegExp(
  '[\\p{Cc}\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}' +
    '\\u0340\\u0341\\u06dd\\u070f\\u180e\\u200e\\u200f\\u2028-\\u202e\\u2061-\\u2063\\u206a-\\u206f\\u2ff0-\\u2ffb' +
    '\\ufff9-\\ufffd\\u{1d173}-\\u{1d17a}\\u{e0001}\\u{e0020}-\\u{e007f}]',
  'u',
)

/** Undefined: the text has a character that is prohibited. */
export function saslprep(text: string): string | undefined {
  const prepared = text.replace(TO_SPACE, ' ').replace(TO_NOTHING, '').normalize('NFKC')
  return PROHIBITED.test(prepared) ? undefined : prepared
}

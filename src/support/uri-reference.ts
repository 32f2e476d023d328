// URI references. RFC 3986; addresses in brackets (`[::1]`) are taken for none.

const CHARACTER = "[A-Za-z0-9\\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2}"
const SEGMENT = `(?:${CHARACTER}|[:@])*`
const SEGMENTS = `(?:/${SEGMENT})*`
const SOME = `(?:${CHARACTER}|[:@])+`
const SOME_WITHOUT_COLON = `(?:${CHARACTER}|@)+`
const AUTHORITY = `//(?:(?:${CHARACTER}|:)*@)?(?:${CHARACTER})*(?::[0-9]*)?${SEGMENTS}`
const ABSOLUTE = `/(?:${SOME}${SEGMENTS})?`
const TAIL = `(?:\\?(?:${CHARACTER}|[:@/?])*)?(?:#(?:${CHARACTER}|[:@/?])*)?`

/** Appendix A: a URI, or a relative reference. */
const URI_REFERENCE = new RegExp(
  `^(?:[A-Za-z][A-Za-z0-9+\\-.]*:(?:${AUTHORITY}|${ABSOLUTE}|${SOME}${SEGMENTS})?` +
    `|(?:${AUTHORITY}|${ABSOLUTE}|${SOME_WITHOUT_COLON}${SEGMENTS})?)${TAIL}$`,
)

/** Longer ones are not looked at: matching takes memory in proportion. */
const MAX_LENGTH = 4000

export const isUriReference = (text: string): boolean => text.length <= MAX_LENGTH && URI_REFERENCE.test(text)

/** The text as one segment of a path: what is not allowed there, and what has a meaning there, is percent-encoded. */
export const uriSegment = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))

/** The text itself where it is a URI reference, also when only single characters have to be percent-encoded for that; else as a segment. */
export function uriReferenceOf(text: string): string {
  const encoded = text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?#%]/gu, uriSegment)
  return isUriReference(encoded) ? encoded : uriSegment(text)
}

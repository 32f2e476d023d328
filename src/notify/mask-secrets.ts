// Secrets have no place in a log. The names are those of oslo.utils (strutils.mask_dict_password, mask_password).

const MASK = '***'

/** A key that contains one of them, in whatever case, names a secret. */
const NAMES: readonly string[] = [
  'adminpass',
  'admin_pass',
  'password',
  'admin_password',
  'auth_token',
  'new_pass',
  'auth_password',
  'secret_uuid',
  'secret',
  'sys_pswd',
  'token',
  'configdrive',
  'chappassword',
  'encrypted_key',
  'private_key',
  'fernetkey',
  'sslkey',
  'passphrase',
  'cephclusterfsid',
  'octaviaheartbeatkey',
  'rabbitcookie',
  'cephmanilaclientkey',
  'pacemakerremoteauthkey',
  'designaterndckey',
  'cephadminkey',
  'heatauthencryptionkey',
  'cephclientkey',
  'keystonecredential',
  'barbicansimplecryptokek',
  'cephrgwkey',
  'swifthashsuffix',
  'migrationsshkey',
  'cephmdskey',
  'cephmonkey',
  'chapsecret',
]

/** A word, and what may follow it where it says a value: `password=…`, `"token": "…"`, `--passphrase …`, `<secret>…</secret>`. */
const WORD = /(?<![\w-])[\w-]+/g
const ASSIGNS = /["']?\s*[=:]\s*[bu]?(?=\S)/y
const SPACE = /\s+/y
const CLOSES = />/y
const QUOTED = /(["'])(?:(?!\1)[^\\]|\\.){0,4096}\1/sy
const BARE = /[^\s"'&,;<>]+/y
const CONTENT = /[^<]+/y

/** Bytes of a text that is looked through. Longer ones are no text for people; they are left out altogether. */
const MAX_TEXT = 65_536

/** The same value with `***` in the place of what its keys and texts name as a secret. Plain data, as JSON has it. */
export function maskSecrets(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value)
  if (Array.isArray(value)) return value.map(maskSecrets)
  if (!isPlain(value)) return value
  const masked: Record<string, unknown> = Object.create(null)
  for (const [key, member] of Object.entries(value)) {
    masked[key] = namesSecret(key) && !isPlain(member) ? MASK : maskSecrets(member)
  }
  return masked
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function namesSecret(key: string): boolean {
  const lower = key.toLowerCase()
  return NAMES.some((name) => lower.includes(name))
}

/** One way through the text: what a secret's name says is replaced, and looking goes on behind it. */
function maskText(text: string): string {
  if (text.length > MAX_TEXT) return `(a text of ${text.length} characters)`
  if (!namesSecret(text)) return text
  let masked = ''
  let done = 0
  WORD.lastIndex = 0
  for (let word = WORD.exec(text); word; word = WORD.exec(text)) {
    const behind = WORD.lastIndex
    const value = namesSecret(word[0]) ? valueBehind(text, word.index, behind) : undefined
    if (!value) continue
    masked += text.slice(done, value.start) + MASK
    done = value.end
    WORD.lastIndex = done
  }
  return masked + text.slice(done)
}

interface Span {
  readonly start: number
  readonly end: number
}

function valueBehind(text: string, start: number, end: number): Span | undefined {
  const assigned = endOf(ASSIGNS, text, end)
  if (assigned !== undefined) return quotedOrBare(text, assigned)
  if (text[start] === '-') {
    const spaced = endOf(SPACE, text, end)
    return spaced === undefined ? undefined : quotedOrBare(text, spaced)
  }
  const opened = text[start - 1] === '<' ? endOf(CLOSES, text, end) : undefined
  return opened === undefined ? undefined : spanOf(CONTENT, text, opened)
}

function quotedOrBare(text: string, at: number): Span | undefined {
  const quoted = spanOf(QUOTED, text, at)
  if (quoted) return { start: quoted.start + 1, end: quoted.end - 1 }
  // A quote without its end: all that follows may be the secret.
  if (text[at] === '"' || text[at] === "'") return { start: at + 1, end: text.length }
  return spanOf(BARE, text, at)
}

function spanOf(pattern: RegExp, text: string, start: number): Span | undefined {
  const end = endOf(pattern, text, start)
  return end === undefined ? undefined : { start, end }
}

/** Of what stands exactly there. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

// A JSON file as options of startRouter: it has their names. What a file cannot hold it says otherwise: certificates and keys
// may be in files of their own, and there is no function that knows users.

import type { ListenOptions } from '../amqp/index.ts'
import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import { aFlag, aText, type ValueCheck } from '../support/value-check.ts'
import type { ConfigFile } from './config-file.ts'
import { RouterOptionsError } from './errors.ts'
import { readJson } from './json-reader.ts'
import { checkRouterOptions, ROUTER_OPTION_NAMES, SASL_OPTION_NAMES } from './option-checks.ts'
import type { RouterOptions } from './options.ts'
import { rulesOf } from './options.ts'

/** Of Node's TLS options those that text can say; and a file in the place of each that is long. */
const TLS_CHECKS: Readonly<Record<string, ValueCheck>> = {
  cert: aText,
  certFile: aText,
  key: aText,
  keyFile: aText,
  ca: aText,
  caFile: aText,
  passphrase: aText,
  requestCert: aFlag,
  rejectUnauthorized: aFlag,
  minVersion: aText,
  maxVersion: aText,
  ciphers: aText,
}

const TLS_NAMES: ReadonlySet<string> = new Set(Object.keys(TLS_CHECKS))
const FILES = ['cert', 'key', 'ca'] as const

/** @throws RouterConfigError */
export async function jsonConfig(file: ConfigFile): Promise<RouterOptions> {
  return await new JsonReading(file).finish()
}

type Members = Readonly<Record<string, unknown>>

class JsonReading {
  readonly #file: ConfigFile
  readonly #lines: ReadonlyMap<string, number>
  readonly #value: unknown

  constructor(file: ConfigFile) {
    this.#file = file
    const { value, lines } = readJson(file)
    this.#value = value
    this.#lines = lines
  }

  async finish(): Promise<RouterOptions> {
    const members = this.#members('', this.#value, ROUTER_OPTION_NAMES)
    if (members.log !== undefined)
      throw this.#defect('log', 'cannot stand in a file: it is a function, which startRouter takes')
    const sasl = this.#sasl(members.sasl)
    const tls = await this.#tls(members.tls)
    const options: RouterOptions = {
      ...members,
      ...(sasl ? { sasl } : {}),
      ...(tls ? { tls } : {}),
      ...this.#users(members.users),
    }
    try {
      checkRouterOptions(options)
      rulesOf(options)
    } catch (error) {
      if (!(error instanceof RouterOptionsError)) throw error
      throw this.#file.defect(this.#lineOf(error.message), error.message, error)
    }
    return options
  }

  #users(value: unknown): Pick<RouterOptions, 'users'> {
    return typeof value === 'string' && value !== '' ? { users: this.#file.pathOf(value) } : {}
  }

  #sasl(value: unknown): ListenOptions['sasl'] {
    if (value === undefined) return undefined
    const members = this.#members('sasl', value, SASL_OPTION_NAMES)
    if (members.authenticate !== undefined)
      throw this.#defect('sasl.authenticate', 'cannot stand in a file: it is a function, which startRouter takes')
    return { ...members }
  }

  async #tls(value: unknown): Promise<ListenOptions['tls']> {
    if (value === undefined) return undefined
    const members = { ...this.#members('tls', value, TLS_NAMES) }
    for (const [name, given] of Object.entries(members)) {
      const expected = TLS_CHECKS[name]?.(given)
      if (expected !== undefined) throw this.#defect(`tls.${name}`, `expected ${expected}, found ${kindOf(given)}`)
    }
    for (const name of FILES) {
      const place = `tls.${name}File`
      const path = members[`${name}File`]
      if (path === undefined) continue
      if (members[name] !== undefined) throw this.#defect(place, `stands beside tls.${name}: one of them is meant`)
      delete members[`${name}File`]
      members[name] = await this.#file.related(path as string, place, this.#lines.get(place))
    }
    return members as ListenOptions['tls']
  }

  /** The members of the object at this place; none but those names. */
  #members(place: string, value: unknown, names: ReadonlySet<string>): Members {
    const what = place === '' ? 'options of startRouter' : place
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.#defect(place, `expected an object, found ${kindOf(value)}`)
    for (const name of Object.keys(value)) {
      if (names.has(name)) continue
      const defect = namesDefect(what, { [name]: true }, names) ?? `${what}: unknown name "${name}"`
      throw this.#file.defect(this.#lines.get(place === '' ? name : `${place}.${name}`), defect)
    }
    return value as Members
  }

  #defect(place: string, message: string): Error {
    return this.#file.defect(this.#lines.get(place), place === '' ? message : `${place}: ${message}`)
  }

  /** Messages about options begin with their place. */
  #lineOf(message: string): number | undefined {
    return this.#lines.get(message.split(': ', 1)[0] as string)
  }
}

/** Never the value itself: it may be a key. */
const kindOf = (value: unknown): string => (typeof value === 'string' ? 'a text' : describeValue(value))

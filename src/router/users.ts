// Who may come in, by the users file.

import type { AuthenticationDecision, ScramCredentials, ScramMechanism, ServerSaslOptions } from '../amqp/index.ts'
import { saslprep } from '../amqp/saslprep.ts'
import { RouterOptionsError } from './errors.ts'
import { PasswordChecks } from './password-checks.ts'
import { decoyOf, matchesPassword, type PasswordHash } from './password-hash.ts'
import { USER_SCRAM, type User } from './user.ts'
import { readUsersFile, type UsersFile } from './users-file.ts'

export class Users {
  readonly #users: ReadonlyMap<string, User>
  readonly #decoyKey: Uint8Array
  /** For users that do not exist: to refuse them takes as long as to refuse others. */
  readonly #decoyHash: PasswordHash
  readonly #checks: PasswordChecks

  constructor({ users, decoyKey }: Pick<UsersFile, 'users' | 'decoyKey'>, checks = new PasswordChecks()) {
    this.#users = users
    this.#decoyKey = decoyKey
    this.#checks = checks
    this.#decoyHash = decoyOf(this.#example?.hash)
  }

  /** @throws RouterOptionsError for a file that is none, and for one in which nobody is. */
  static async read(path: string): Promise<Users> {
    const file = await readUsersFile(path)
    if (file.users.size > 0) return new Users(file)
    throw new RouterOptionsError(
      `users: ${path}: expected at least one user, or nobody could come in (omsg passwd adds one)`,
    )
  }

  /** By the name under which SASL has let it in. */
  find(name: string | undefined): User | undefined {
    return name === undefined ? undefined : this.#users.get(name)
  }

  /** `offered`: mechanisms and limits. */
  saslOptions(offered: ServerSaslOptions | undefined): ServerSaslOptions {
    return {
      ...offered,
      required: true,
      authenticate: (mechanism, username, secret, { remoteAddress }) =>
        this.#authenticate(mechanism, username, secret, hostOf(remoteAddress)),
      scramCredentials: (mechanism, username) => this.#scramOf(mechanism, username),
      scramDecoy: { key: this.#decoyKey, iterations: this.#example?.scram.get(USER_SCRAM[0])?.iterations },
    }
  }

  /** Logins that wait for their turn are refused. */
  end(): void {
    this.#checks.end()
  }

  /** What passwords look like in this file, where omsg passwd has written it. */
  get #example() {
    for (const { password } of this.#users.values()) if (password) return password
    return undefined
  }

  #authenticate(
    mechanism: string,
    username: string,
    secret: string,
    from: string,
  ): AuthenticationDecision | Promise<AuthenticationDecision> {
    if (mechanism === 'PLAIN')
      return this.#checkPassword(this.#users.get(saslprep(username) ?? ''), saslprep(secret), from)
    // TLS has verified the certificate with that name, to the letter.
    const user = this.#users.get(username)
    return mechanism === 'EXTERNAL' && user ? { admittedAs: user.name } : false
  }

  async #checkPassword(
    user: User | undefined,
    password: string | undefined,
    from: string,
  ): Promise<AuthenticationDecision> {
    const hash = user?.password?.hash ?? this.#decoyHash
    const matches = await this.#checks.run(from, () => matchesPassword(hash, password ?? ''))
    if (matches === undefined) return TRY_LATER
    const known = user?.password !== undefined && password !== undefined
    return matches && known ? { admittedAs: user.name } : false
  }

  #scramOf(mechanism: ScramMechanism, username: string): ScramCredentials | undefined {
    return this.#users.get(username)?.password?.scram.get(mechanism)
  }
}

/** Too many check passwords now: that says nothing of this one. */
const TRY_LATER: AuthenticationDecision = Object.freeze({ tryLater: true })

/** Without the port, which is another for each connection. */
const hostOf = (remoteAddress: string): string => remoteAddress.replace(/:\d+$/, '')

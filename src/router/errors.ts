/** The base of what the router throws. */
export class RouterError extends Error {
  readonly code: string = 'ROUTER'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** An option of `startRouter` has a value that it cannot have, or a name that does not exist. */
export class RouterOptionsError extends RouterError {
  override readonly code: string = 'ROUTER_OPTIONS'
}

/** A configuration file cannot be read, is not written as it should be, or says what cannot be. The message has file and line. */
export class RouterConfigError extends RouterError {
  override readonly code: string = 'ROUTER_CONFIG'
}

/** It was to listen where others can reach it, and would have let everybody in. */
export class UnprotectedRouterError extends RouterError {
  override readonly code: string = 'ROUTER_UNPROTECTED'
}

/** Its message store cannot be used: the package is missing, the path is in use, cannot be opened, or holds something else. */
export class RouterStoreError extends RouterError {
  override readonly code: string = 'ROUTER_STORE'
}

/** Its port, or the one for metrics, could not be bound: in use, not allowed, no such address. The cause tells which. */
export class RouterListenError extends RouterError {
  override readonly code: string = 'ROUTER_LISTEN'
}

/** A users file could not be written; the one before is still there. The cause says why. */
export class RouterUsersError extends RouterError {
  override readonly code: string = 'ROUTER_USERS'
}

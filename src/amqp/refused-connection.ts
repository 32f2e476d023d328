/** A peer that came to a listener and did not get in. */
export interface RefusedConnection {
  /** Its host and port. */
  readonly remoteAddress: string
  /** Why: SaslError when it could not show who it is; ConnectionError, or the error of TLS. */
  readonly error: Error
  /** The SASL mechanism by which it tried to show who it is. */
  readonly mechanism?: string | undefined
  /** Who it said it is; nothing has shown that it is true. Text from the network: escape before printing. */
  readonly username?: string | undefined
}

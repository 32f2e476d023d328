// What a command that runs for long says on stderr about its connection: why it is not there, and that it is back.

import { subscribe } from 'node:diagnostics_channel'
import type { Output } from './output.ts'

/** A message of the channel `oslo-messaging:connection`: the connection went from one state to the next. */
export interface ConnectionChange {
  readonly to: string
  /** `host:port` */
  readonly host: string
  readonly error?: Error | undefined
}

/** Tells every loss, every new reason for not being connected, and every connection after one of these. */
export class ConnectionNotes {
  readonly #tell: (text: string) => void
  #trouble: string | undefined

  constructor(tell: (text: string) => void) {
    this.#tell = tell
  }

  readonly on = ({ to, host, error }: ConnectionChange): void => {
    if (to === 'active') {
      if (this.#trouble !== undefined) this.#tell(`connected to ${host}`)
      this.#trouble = undefined
    } else if (error && error.message !== this.#trouble) {
      this.#trouble = error.message
      this.#tell(`not connected: ${error.message}; trying again`)
    }
  }
}

/** From now on, for as long as the process runs. */
export function tellConnection(output: Output): void {
  const notes = new ConnectionNotes((text) => output.note(text))
  subscribe('oslo-messaging:connection', (change) => notes.on(change as ConnectionChange))
}

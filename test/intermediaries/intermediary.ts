// What the suite asks of an intermediary: to be there, to be restarted, to end; and where it can be reached in which way.

/** One that runs. */
export interface Intermediary {
  /** As the page's headings have it: `RabbitMQ 3.10.8`. */
  readonly heading: string
  /** Where clients connect who say nothing else. */
  readonly url: string
  /** The same over TLS, with user and password. Undefined: the suite cannot reach it so. */
  readonly secured?: Secured | undefined
  /** Names of virtual hosts as the peer takes them in its Open frame, which exist and share nothing. Undefined: they are not known. */
  readonly virtualHosts?: readonly [string, string] | undefined
  /** Where and with what Python's driver can work, where it cannot as it is. */
  readonly python?: ConfiguredPython | undefined
  /** Ends it without a word, as a crash does, and resolves when clients can connect again. Undefined: it is not ours to restart. */
  restart?(): Promise<void>
  /** Ends it, and removes what it kept. */
  stop(): Promise<void>
}

export interface ConfiguredPython {
  /** For both sides. */
  readonly url: string
  /** Of its section oslo_messaging_amqp. */
  readonly options: Readonly<Record<string, string>>
  /** What an operator has to know, for the cell. */
  readonly remark: string
}

export interface Secured {
  /** `amqps://user:password@localhost:PORT` */
  readonly url: string
  /** The file with the certificate that the clients trust. */
  readonly certificate: string
}

/** One that the suite knows by name. */
export interface KnownIntermediary {
  /** What it is called until its version is known: `RabbitMQ 4.0`. */
  readonly title: string
  /** Gets and starts it. Throws NotHad where this machine cannot have it. */
  start(): Promise<Intermediary>
}

/** It cannot be had here: nothing was tested, so nothing has passed. */
export class NotHad extends Error {
  override readonly name = 'NotHad'
}

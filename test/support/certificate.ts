import { generate } from 'selfsigned'

export interface Pem {
  readonly cert: string
  readonly private: string
}

/** A certificate that signs itself, for `localhost` whoever it is. */
export const certificate = (commonName: string): Promise<Pem> =>
  generate([{ name: 'commonName', value: commonName }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  } as never) as unknown as Promise<Pem>

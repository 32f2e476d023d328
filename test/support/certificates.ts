// Certificates for tests of TLS, made anew: none is kept in the repository.

import { generate } from 'selfsigned'

export interface Pem {
  readonly cert: string
  readonly key: string
}

/** A certificate that signs itself, for `localhost`. */
export async function selfSigned(commonName: string): Promise<Pem> {
  const made = (await generate([{ name: 'commonName', value: commonName }], {
    algorithm: 'sha256', // the package's own default, SHA-1, is refused by Erlang
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  } as never)) as unknown as { readonly cert: string; readonly private: string }
  return { cert: made.cert, key: made.private }
}

// Which certificates a peer shows that TLS does not trust: one more handshake, without verification, over which nothing is sent.

import { isIP } from 'node:net'
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import { securityOf } from '../amqp/connection-security.ts'
import { connectOptions } from '../amqp1/connection-options.ts'
import { HostList } from '../amqp1/host-list.ts'
import { startDeadline } from '../support/deadline.ts'
import type { Finding } from './diagnosis.ts'
import type { LookScope } from './look.ts'
import { certificateText, shownCertificate } from './shown-certificate.ts'

/** `failure`: what connecting has failed with. Nothing where that was not for a certificate. Never rejects. */
export async function unverifiedLook(scope: LookScope, failure: unknown): Promise<Finding[]> {
  const { code, cause } = failure as { code?: unknown; cause?: { code?: unknown } }
  if (code !== 'AMQP_CONNECTION' || !NOT_TRUSTED.test(String(cause?.code))) return []
  try {
    return await shownChain(scope)
  } catch {
    return [] // it was there a moment ago, and what it failed with has been said
  }
}

/** Codes of OpenSSL's verification, and Node's own of a name that does not fit. */
const NOT_TRUSTED =
  /CERT|SIGNATURE|ISSUER|CRL|INVALID_CA|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE|HOSTNAME_MISMATCH|SUBJECT/

async function shownChain({ url, options, timeoutMs, signal }: LookScope): Promise<Finding[]> {
  const secure = url.scheme.startsWith('amqps')
  const { current } = new HostList(url.hosts, { defaultPort: 5671, realm: '' })
  const way = { options, virtualHost: url.virtualHost || undefined, secure, containerId: '' }
  const { host, port, tls } = await connectOptions(way, current, undefined, signal)
  if (typeof tls !== 'object') return []
  const { ca, servername } = tls
  const name = servername ?? String(host)
  // Without our certificate and our key: who is not trusted is shown nothing of ours.
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(ca ? { ca } : {}),
    ...(isIP(name) ? {} : { servername: name }),
  })
  try {
    await handshake(socket, timeoutMs, signal)
    const wrong = [socket.authorizationError, checkServerIdentity(name, socket.getPeerCertificate())?.message]
      .filter(Boolean)
      .join('; ')
    if (wrong === '') return []
    const [own, ...issuers] = (securityOf(socket, undefined).tls?.chain ?? []).map(shownCertificate)
    const finding = (check: string, said: string, state: Finding['state'] = 'note'): Finding => ({
      area: 'connection',
      check,
      state,
      said,
    })
    return [
      finding('certificate is trusted', wrong, 'no'),
      ...(own ? [finding('  certificate', certificateText(own))] : []),
      ...issuers.map((issuer) => finding('  of its issuer', certificateText(issuer))),
    ]
  } finally {
    socket.destroy()
  }
}

async function handshake(socket: TLSSocket, timeoutMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(signal.reason))
    const deadline = startDeadline(timeoutMs, () => settle(() => reject(new Error('no handshake'))))
    const settle = (end: () => void): void => {
      deadline.cancel()
      signal.removeEventListener('abort', onAbort)
      end()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (error) => settle(() => reject(error))) // stays: a dead socket may say more
    socket.once('close', () => settle(() => reject(new Error('closed'))))
    socket.once('secureConnect', () => settle(resolve))
    if (signal.aborted) onAbort()
  })
}

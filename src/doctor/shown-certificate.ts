// A certificate as a diagnosis shows it.

import type { CertificateFacts } from '../amqp/index.ts'
import type { Certificate } from './diagnosis.ts'

/** A date that nobody can read is said to be one: the peer may send anything. */
export const shownCertificate = ({ validTo, ...facts }: CertificateFacts): Certificate => ({
  ...facts,
  until: Number.isNaN(validTo.getTime()) ? 'an unreadable date' : validTo.toISOString().slice(0, 10),
})

export const certificateText = ({ subject, names, issuer, until }: Certificate): string =>
  `${subject}${names ? ` (${names})` : ''}, by ${issuer}, until ${until}`

import { guarded } from '../support/guarded.ts'
import { LinkError } from './errors.ts'
import type { LinkRequest } from './link-request.ts'
import { isTooLarge } from './write-frame.ts'

/** Has the application answer the request. One that it fails to answer is refused, and its error is reported. */
export function answerLinkRequest(request: LinkRequest, onLink: ((request: LinkRequest) => void) | undefined): void {
  if (!onLink) return request.refuse({ condition: 'amqp:not-allowed', description: 'this end accepts no links' })
  const failed = (error: unknown): void => {
    request.refuseUnanswered({ condition: 'amqp:internal-error', description: 'the link could not be made' })
    // A peer that has gone meanwhile, or whose frames are too small for the answer, makes no defect of the application.
    const peersDoing = isTooLarge(error) || (error instanceof LinkError && request.withdrawn)
    if (!peersDoing) throw error
  }
  guarded(`onLink of ${request.connection.remoteAddress}`, () => {
    try {
      const answered: unknown = onLink(request)
      return answered instanceof Promise ? answered.catch(failed) : undefined
    } catch (error) {
      return failed(error)
    }
  })
}

import type { LibraryFault } from '@enlace/coordination/materials/published'
import type { RiskFault } from '@enlace/coordination/risks/published'
import type { InstitutionRefusal, PublicationRefusal } from '@enlace/trust'

type Reason =
  | PublicationRefusal
  | InstitutionRefusal
  | LibraryFault['reason']
  | RiskFault['reason']
  | 'other-registry'

/** What was offered is not published; the reason is a code, the message a sentence for an operator. */
export class PublicationRefused extends Error {
  readonly reason: Reason

  constructor(reason: Reason, message: string) {
    super(message)
    this.reason = reason
  }
}

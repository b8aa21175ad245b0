import type { InstitutionRefusal, PublicationRefusal } from '@enlace/trust'

/** What was offered is not published; the reason is a code, the message a sentence for an operator. */
export class PublicationRefused extends Error {
  readonly reason: PublicationRefusal | InstitutionRefusal | 'other-registry'

  constructor(reason: PublicationRefusal | InstitutionRefusal | 'other-registry', message: string) {
    super(message)
    this.reason = reason
  }
}

import { documentsOf } from '@enlace/directory/upkeep'
import type { Session } from '../../model/session/types.ts'
import type { EntrySigner } from '../../model/upkeep/types.ts'
import { institutionsOf } from '../institution/institutions.ts'

const NONCE_BYTES = 18

/** Signs entries with the institution's key, where this device has it. */
export function createEntrySigner(session: Session): EntrySigner {
  return {
    holds: (institution) => institutionsOf(session).holds(institution),
    sign(book) {
      const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(NONCE_BYTES))))
      const { public: open, network } = documentsOf(book, nonce)
      return institutionsOf(session).sign(book.entry.key, {
        'entry.json': JSON.stringify(open),
        'entry.network.json': JSON.stringify(network),
      })
    },
  }
}

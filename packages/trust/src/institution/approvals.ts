/** Who approved what an institution publishes, by the keys that coordinators gave institutions. */
import { hasSigned } from '../keys.ts'
import type { Delegation } from './delegation.ts'
import { approvalOf, type SignedItem } from './documents.ts'

/**
 * Institutions of which enough keys signed this very item. A key that coordinators took away has no say, as about everything else
 * it signed.
 *
 * @param delegationOf whose keys count at this moment; undefined: nobody's
 */
export function approvedBy(
  item: SignedItem,
  delegationOf: (institution: string) => Delegation | undefined,
): string[] {
  const approving = new Set<string>()
  for (const { institution, signatures } of item.approvals) {
    const delegation = delegationOf(institution)
    if (!delegation) continue
    const statement = approvalOf(institution, item)
    const signers = new Set(
      signatures.flatMap(({ keyid, sig }) => {
        const record = delegation.keys[delegation.keyids.indexOf(keyid)]
        return record && isSigned(record, statement, sig) ? [keyid] : []
      }),
    )
    if (signers.size >= delegation.threshold) approving.add(institution)
  }
  return [...approving]
}

/** What has no canonical form (a number that is not whole) nobody signed. */
function isSigned(...given: Parameters<typeof hasSigned>): boolean {
  try {
    return hasSigned(...given)
  } catch {
    return false
  }
}

/**
 * Suspended accounts (client-server API, "Account suspension").
 *
 * NOTSPEC: the specification recommends that suspended people go on reading. An institution suspends whoever lost a telephone
 * or may be somebody else: nothing is read either, and nobody signs in. What is left is to sign out, and to appeal: whoever
 * signs in with all that it takes is told how (`reports/`); a session, which somebody else may hold, is not.
 */
import { MatrixError } from '../errors.ts'
import type { AccountRecord } from './types.ts'

/** Neither closed, nor leaving, nor suspended: whom this node tells anything. */
export const isActive = (account: AccountRecord | undefined): account is AccountRecord =>
  account !== undefined && !account.deactivated && account.suspended === undefined

/** @throws M_USER_SUSPENDED with reason and time, for the person alone */
export function checkNotSuspended(
  account: Pick<AccountRecord, 'suspended'> | undefined,
  appeal?: Record<string, unknown>,
): void {
  if (!account?.suspended) return
  const { sinceTs, reason } = account.suspended
  throw new MatrixError(403, 'M_USER_SUSPENDED', 'This account is suspended. Ask your coordinator.', {
    'org.enlace.rule': 'account.suspended',
    'org.enlace.suspended': { since_ts: sinceTs, reason },
    ...(appeal === undefined ? {} : { 'org.enlace.appeal': appeal }),
    'org.enlace.message': {
      es: 'Su cuenta está suspendida. Hable con la coordinación de su institución.',
      en: 'Your account is suspended. Talk to the coordination of your institution.',
    },
  })
}

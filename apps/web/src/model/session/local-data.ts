/** Under which names this browser keeps what is of an account, and how all of it goes. */
import { deleteDatabase, sweepDisk } from '../../lib/delete-database.ts'
import { deleteOwnDatabase } from '../../lib/own-database.ts'
import { forgetDeviceKey } from '../../lib/seal/device-keys.ts'
import { forgetSealed } from '../../lib/sealed-store.ts'
import { sealedCopyName } from '../directory/kept-copy.ts'
import { markKey } from './key-mark.ts'
import { forgetSession } from './stored-session.ts'

/** Where this browser keeps keys of institutions that the person holds. */
export const institutionKeysName = (userId: string) => `institution-keys:${userId}`
export const storeName = (userId: string) => `enlace-sync:${userId}`
export const cryptoName = (userId: string, deviceId: string) => `enlace-crypto:${userId}:${deviceId}`

/** Everything this browser holds of an account. */
export async function deleteLocalData(userId: string, deviceId: string): Promise<void> {
  await forgetSession(userId).catch(() => undefined)
  markKey(userId, false)
  await forgetSealed(sealedCopyName(userId)).catch(() => undefined)
  const crypto = cryptoName(userId, deviceId)
  await Promise.allSettled([
    deleteDatabase(`matrix-js-sdk:${storeName(userId)}`),
    deleteDatabase(`${crypto}::matrix-sdk-crypto`),
    deleteDatabase(`${crypto}::matrix-sdk-crypto-meta`),
    deleteOwnDatabase(userId),
    forgetSealed(institutionKeysName(userId)),
    forgetDeviceKey(userId),
  ])
  await sweepDisk()
  // What the SDK left under its own names: message ids, filter ids, pending events.
  for (const key of Object.keys(localStorage))
    if (key.startsWith('mx') || key.startsWith('crypto.')) localStorage.removeItem(key)
}

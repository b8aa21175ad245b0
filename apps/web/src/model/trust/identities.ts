import type { MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import type { Identities } from './types.ts'

const keySchema = z.looseObject({ keys: z.record(z.string(), z.string()) })
const keyOf = (json: unknown): string | undefined => {
  const parsed = keySchema.safeParse(json)
  return parsed.success ? Object.values(parsed.data.keys)[0] : undefined
}

/** What the SDK's encryption can do and its own interface does not offer. Nothing else reaches behind that interface. */
type Machine = {
  getIdentity(user: unknown): Promise<
    | {
        masterKey: string
        pinCurrentMasterKey?(): Promise<void>
        wasPreviouslyVerified?(): boolean
        isVerified(): boolean
        withdrawVerification(): Promise<void>
        free(): void
      }
    | undefined
  >
  sign(text: string): Promise<{ asJSON(): string; free(): void }>
}
const signaturesSchema = z.record(z.string(), z.record(z.string(), z.string()))

export function createIdentities(client: MatrixClient): Identities {
  const crypto = client.getCrypto()
  if (!crypto) throw new Error('Encryption has not been started.')
  const { olmMachine } = crypto as unknown as { olmMachine: Machine }

  return {
    async masterKeyOf(userId) {
      return keyOf((await crypto.getUserCrossSigningKeys(userId))?.master_key)
    },

    async signingKeysOf(userId) {
      const keys = new Map<string, string>()
      const master = keyOf((await crypto.getUserCrossSigningKeys(userId))?.master_key)
      if (master !== undefined) keys.set(`ed25519:${master}`, master)
      const devices = (await crypto.getUserDeviceInfo([userId])).get(userId)
      for (const [deviceId, device] of devices ?? []) {
        const status = await crypto.getDeviceVerificationStatus(userId, deviceId)
        const key = device.getFingerprint()
        if (status?.signedByOwner && key) keys.set(`ed25519:${deviceId}`, key)
      }
      return keys
    },

    async accept(userId, masterKey) {
      const { UserId } = await import('@matrix-org/matrix-sdk-crypto-wasm')
      const identity = await olmMachine.getIdentity(new UserId(userId))
      if (!identity) return false
      try {
        // The same object is looked at and pinned: what the server sends meanwhile is another one.
        if (keyOf(JSON.parse(identity.masterKey)) !== masterKey) return false
        if (identity.wasPreviouslyVerified?.() && !identity.isVerified())
          await identity.withdrawVerification()
        await identity.pinCurrentMasterKey?.()
      } finally {
        identity.free()
      }
      return !(await crypto.getUserVerificationStatus(userId)).needsUserApproval
    },

    async sign(text) {
      const made = await olmMachine.sign(text)
      try {
        return signaturesSchema.parse(JSON.parse(made.asJSON()))
      } finally {
        made.free()
      }
    },
  }
}

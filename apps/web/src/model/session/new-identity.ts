import { z } from 'zod'

const keySchema = z.looseObject({
  user_id: z.string(),
  usage: z.array(z.string()),
  keys: z.record(z.string(), z.string()),
})
const uploadSchema = z.object({
  master_key: keySchema,
  self_signing_key: keySchema,
  user_signing_key: keySchema,
})
const seedsSchema = z.object({ master: z.string(), selfSigning: z.string(), userSigning: z.string() })

/** Keys of a new identity that nobody else knows yet. */
export const newIdentitySchema = z.object({
  /** The public part of the master key: what is approved. */
  masterKey: z.string(),
  upload: uploadSchema,
  seeds: seedsSchema,
})
export type NewIdentity = z.output<typeof newIdentitySchema>

/**
 * Makes the keys apart from this device's own encryption: they may have to wait for days until somebody approves them, and
 * until then the present identity must stay as it is.
 */
export async function makeIdentity(userId: string): Promise<NewIdentity> {
  const { DeviceId, initAsync, OlmMachine, UserId } = await import('@matrix-org/matrix-sdk-crypto-wasm')
  await initAsync()
  const machine = await OlmMachine.initialize(new UserId(userId), new DeviceId('NEW'))
  try {
    const { uploadSigningKeysRequest } = await machine.bootstrapCrossSigning(true)
    const upload = uploadSchema.parse(JSON.parse(uploadSigningKeysRequest.body))
    // Signed by a device that nobody will ever see.
    delete upload.master_key['signatures']
    const exported = await machine.exportCrossSigningKeys()
    return newIdentitySchema.parse({
      masterKey: Object.values(upload.master_key.keys)[0],
      upload,
      seeds: {
        master: exported?.masterKey,
        selfSigning: exported?.self_signing_key,
        userSigning: exported?.userSigningKey,
      },
    })
  } finally {
    machine.close()
  }
}
